import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BareConfig, bareConfigSchema } from "../../../core/contract/model.ts";
import { UserError } from "../../../core/errors.ts";
import { readConfig } from "../../../core/formats/read_config.ts";
import { Policy } from "../../../core/networks/policy.ts";
import { initializeModel } from "../../../core/serve/initialize_model.ts";
import { loadTokenizer } from "../../../core/tokenizer/tokenizer.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { initialParameters, tuningOf } from "../../../core/weights/parameter_layout.ts";
import { inFolder } from "../networks/in_folder.ts";
import { runtime } from "../networks/tiny_models.ts";

const TINY = fileURLToPath(new URL("../../../models/tiny", import.meta.url));
const never = new AbortController().signal;

const CONFIGS: Record<string, { config: Parameters<typeof bareConfigSchema.parse>[0]; parameters: number }> =
  {
    qwen3: {
      config: { hidden_size: 32, num_layers: 2, num_heads: 4, num_kv_heads: 2 },
      // Embedding; per layer q, k, v, o, three of the MLP, two norms and two of heads; a last norm.
      parameters: 1536 * 32 + 2 * (2 * 32 * 32 + 2 * 16 * 32 + 3 * 32 * 128 + 2 * 32 + 2 * 8) + 32,
    },
    qwen2: {
      config: { family: "qwen2", hidden_size: 24, num_layers: 1, num_heads: 3, tie_word_embeddings: false },
      parameters: 2 * 1536 * 24 + 4 * 24 * 24 + 3 * 24 + 3 * 24 * 96 + 2 * 24 + 24,
    },
    llama: {
      config: {
        family: "llama",
        hidden_size: 32,
        num_layers: 1,
        num_heads: 2,
        head_dim: 8,
        intermediate_size: 40,
      },
      parameters: 1536 * 32 + 4 * 16 * 32 + 3 * 32 * 40 + 2 * 32 + 32,
    },
    gpt2: {
      config: { family: "gpt2", hidden_size: 16, num_layers: 2, num_heads: 2, max_position_embeddings: 64 },
      parameters: 1536 * 16 + 64 * 16 + 2 * (12 * 16 * 16 + 13 * 16) + 2 * 16,
    },
  };

const made = (config: BareConfig, seed: number, output: string) =>
  initializeModel(config, TINY, seed, output, never);

for (const [family, { config, parameters }] of Object.entries(CONFIGS)) {
  Deno.test(`initializeModel() writes a ${family} that opens, with its tokenizer's vocabulary`, () =>
    inFolder(async (folder) => {
      const output = join(folder, "made");
      assert.deepEqual(await made(bareConfigSchema.parse(config), 1, output), { parameters });
      const info = await readConfig(output);
      assert.deepEqual([info.model.model_type, info.model.vocab_size], [family, 1536]);
      assert.deepEqual([info.eos_token_ids, info.bos_token_id, info.pad_token_id], [[2, 4], 1, 0]);
      const tokenizer = await loadTokenizer(output);
      assert.deepEqual(tokenizer.encode("a dog"), (await loadTokenizer(TINY)).encode("a dog"));
      const base = await BaseModel.open(runtime, output);
      const tuning = tuningOf(base.config, { type: "full" });
      const weights = await initialParameters(base, tuning, { head: false, seed: 0, role: "policy" });
      const policy = new Policy(base, tuning, weights, { reference: "base", shared: false });
      const [row] = (await policy.analyze([{ prompt_ids: [5, 6], response_ids: [7, 8] }], { temperature: 1 }))
        .logprobs;
      // What knows nothing gives about the same to all.
      for (const logprob of row!) assert.ok(Math.abs(logprob + Math.log(1536)) < 0.5, `${logprob}`);
      policy.dispose();
      base.dispose();
    }));
}

Deno.test("initializeModel() makes the same of the same seed, and another of another", () =>
  inFolder(async (folder) => {
    const config = bareConfigSchema.parse(CONFIGS.qwen3!.config);
    const bytes = await Promise.all([1, 1, 2].map(async (seed, at) => {
      await made(config, seed, join(folder, `${at}`));
      return await Deno.readFile(join(folder, `${at}`, "model.safetensors"));
    }));
    assert.deepEqual(bytes[0], bytes[1]);
    assert.notDeepEqual(bytes[0], bytes[2]);
  }));

Deno.test("initializeModel() names the field that does not fit", () =>
  inFolder(async (folder) => {
    const faults: [object, RegExp][] = [
      [{ hidden_size: 30, num_layers: 1, num_heads: 4 }, /config.num_heads.*divides hidden_size 30.*got 4/],
      [
        { hidden_size: 16_384, num_layers: 64, num_heads: 64 },
        /config: Expected at most 1000000000 parameters/,
      ],
      [{ hidden_size: 32, num_layers: 1, num_heads: 4, num_kv_heads: 3 }, /num_key_value_heads 3/],
      [{ family: "gpt2", hidden_size: 32, num_layers: 1, num_heads: 4, head_dim: 8 }, /config.head_dim/],
    ];
    for (const [config, message] of faults) {
      await assert.rejects(
        made(bareConfigSchema.parse(config), 0, join(folder, "made")),
        (error) => error instanceof UserError && message.test(error.message),
        message.source,
      );
    }
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));
