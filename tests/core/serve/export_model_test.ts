/** Exports: what other programs load says what our own engine says of the base and the adapter. */
import assert from "node:assert/strict";
import { pipeline } from "@huggingface/transformers";
import * as ort from "onnxruntime-node";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { engineCommand } from "../../../core/processes/engine_command.ts";
import { EngineProcess } from "../../../core/processes/engine_process.ts";
import { createLogger } from "../../../core/log.ts";
import { exportModel } from "../../../core/serve/export_model.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { readCheckpoint } from "../../../core/formats/checkpoint_folder.ts";
import { saveCheckpoint } from "../../../core/networks/checkpoint.ts";
import type { PrepackedWeights } from "../../../core/ort/prepacked_weights.ts";
import { ParameterSet } from "../../../core/weights/parameter_set.ts";
import { Policy } from "../../../core/networks/policy.ts";
import { uniform } from "../../../core/rng.ts";
import { loadTokenizer } from "../../../core/tokenizer/tokenizer.ts";
import { within } from "../../kernels/within.ts";
import { inFolder } from "../networks/in_folder.ts";
import { KINDS, makeJob, makeLearner } from "../networks/make_learner.ts";
import { fixtureFolder, fixtureRows, openBase, runtime } from "../networks/tiny_models.ts";

const never = new AbortController().signal;
const TINY = fileURLToPath(new URL("../../../models/tiny", import.meta.url));

/** A checkpoint whose policy is moved away from its base by numbers of our own making. */
async function movedCheckpoint(base: BaseModel, kind: keyof typeof KINDS, folder: string, by = 0.05) {
  const job = makeJob(KINDS[kind]);
  const { policy, critic } = await makeLearner(base, job);
  policy.parameters.names.forEach((name, row) => {
    const values = policy.parameters.values(name);
    policy.parameters.set(name, values.map((value, i) => value + by * (uniform(3, "data", 0, row, i) - 0.5)));
  });
  const networks = {
    ...{ base, tuning: policy.tuning, policy: policy.parameters },
    critic: critic?.network.parameters ?? null,
  };
  await saveCheckpoint(folder, networks, { trainable: job.trainable, value: job.value }, {});
  return policy;
}

async function exported(format: "merged" | "onnx", base: BaseModel, parent: string, output: string) {
  const folders = { model: base.folder, checkpoint: join(parent, "checkpoint"), rewards: {} };
  return await exportModel(runtime, format, folders, join(parent, "exports", output), never);
}

for (
  const [model, kind] of [["qwen3", "lora, shared"], ["gpt2", "lora, separate"], [
    "llama",
    "full, separate",
  ]] as const
) {
  Deno.test(`merged weights of ${model} (${kind}) say what base and adapter say`, () =>
    inFolder(async (parent) => {
      const base = await openBase(model);
      const policy = await movedCheckpoint(base, kind, join(parent, "checkpoint"));
      const files = await exported("merged", base, parent, "merged");
      const folder = join(parent, "exports", "merged");
      assert.deepEqual((await readCheckpoint(folder)).files, files);
      assert.ok(
        ["config.json", "model.safetensors", "tokenizer.json"].every((name) =>
          files.some((file) => file.name === name)
        ),
      );
      assert.equal(JSON.parse(await Deno.readTextFile(join(folder, "config.json"))).dtype, "float32");
      const merged = await BaseModel.open(runtime, folder);
      const plain = new Policy(merged, { type: "none" }, new ParameterSet(runtime, []), {
        ...{ reference: "base", shared: false },
      });
      const { sequences } = await fixtureRows(model);
      const { logprobs: actual } = await plain.analyze(sequences, { temperature: 1 });
      const { logprobs: expected } = await policy.analyze(sequences, { temperature: 1 });
      const { logprobs: bare } = await new Policy(base, { type: "none" }, new ParameterSet(runtime, []), {
        ...{ reference: "base", shared: false },
      }).analyze(sequences, { temperature: 1 });
      sequences.forEach((_, row) => {
        within(actual[row]!, expected[row]!, 1e-5, `row ${row}`);
        assert.ok(Math.abs(expected[row]![0]! - bare[row]![0]!) > 1e-4);
      });
      // The same checkpoint, the same bytes; the folder is replaced in one step.
      assert.deepEqual(await exported("merged", base, parent, "merged"), files);
    }));
}

Deno.test("an export that stops leaves no folder, and its successor clears what is left", () =>
  inFolder(async (parent) => {
    const base = await openBase();
    const checkpoint = join(parent, "checkpoint");
    await movedCheckpoint(base, "lora, shared", checkpoint);
    const folders = { model: base.folder, checkpoint, rewards: {} };
    const output = join(parent, "exports", "merged");
    const stopped = AbortSignal.abort(new Error("stop"));
    await assert.rejects(exportModel(runtime, "merged", folders, output, stopped), /stop/);
    assert.deepEqual([...Deno.readDirSync(join(parent, "exports"))], []);
    await Deno.mkdir(join(parent, "exports", ".tmp-left"));
    await exported("merged", base, parent, "merged");
    assert.deepEqual([...Deno.readDirSync(join(parent, "exports"))].map(({ name }) => name), ["merged"]);
    const reward = { model: fixtureFolder("reward-qwen3"), checkpoint, rewards: {} };
    await assert.rejects(exportModel(runtime, "onnx", reward, output, never), { code: "unsupported_model" });
  }));

Deno.test("an export lets go of the model that it opened, whether it comes to its end or not", () =>
  inFolder(async (parent) => {
    const base = await openBase();
    await movedCheckpoint(base, "lora, shared", join(parent, "checkpoint"));
    const containers: PrepackedWeights[] = [];
    const { createPrepackedWeights } = runtime;
    runtime.createPrepackedWeights = () => {
      const container = createPrepackedWeights.call(runtime);
      containers.push(container);
      return container;
    };
    try {
      await exported("merged", base, parent, "merged");
      await assert.rejects(exported("merged", await openBase("reward-qwen3"), parent, "reward"));
    } finally {
      runtime.createPrepackedWeights = createPrepackedWeights;
    }
    const held = containers.filter(({ handle }) => !handle.disposed);
    assert.deepEqual([containers.length, held.length], [3, 1], "only the test's own is open");
  }));

Deno.test("the engine process exports, and says what is wrong", () =>
  inFolder(async (parent) => {
    const base = await openBase();
    const checkpoint = join(parent, "checkpoint");
    await movedCheckpoint(base, "lora, shared", checkpoint);
    const engine = new EngineProcess({
      command: engineCommand({ read: [], write: [tmpdir()] }),
      env: { HOME: Deno.env.get("HOME") ?? "/", PATH: Deno.env.get("PATH") ?? "", THREADS: "2" },
      logger: createLogger("silent"),
      start_timeout_ms: 30_000,
    });
    const ask = (format: "merged" | "onnx", checkpoint: string) =>
      engine.request({
        ...{ type: "export", format, output: join(parent, "there", format) },
        folders: { model: base.folder, checkpoint, rewards: {} },
      });
    for (const format of ["merged", "onnx"] as const) {
      assert.deepEqual((await ask(format, checkpoint)).files, await exported(format, base, parent, format));
    }
    await assert.rejects(ask("merged", join(parent, "none")), { code: "damaged_checkpoint" });
    await engine.stop(10_000);
  }));

const PROMPTS = [
  "POST: My neighbor practices the drums every night.\nTL;DR:",
  "POST: The bakery stopped making the bread I like.\nTL;DR:",
];
const NEW_TOKENS = 24;

Deno.test("an exported tiny model says in onnxruntime-node and transformers.js what it says here", () =>
  inFolder(async (parent) => {
    const base = await BaseModel.open(runtime, TINY);
    const policy = await movedCheckpoint(base, "lora, separate", join(parent, "checkpoint"), 0.02);
    await exported("merged", base, parent, "m");
    const files = await exported("onnx", base, parent, join("m", "onnx"));
    assert.deepEqual(files.map(({ name }) => name), ["model.onnx", "model.onnx_data"]);
    const folder = join(parent, "exports", "m");
    const tokenizer = await loadTokenizer(TINY);
    const prompts = PROMPTS.map((text) => tokenizer.encode(text));
    const ours = await policy.respond(prompts.map((prompt_ids) => ({
      ...{ prompt_ids, max_new_tokens: NEW_TOKENS, temperature: 0, top_k: 0, top_p: 1, uniform: () => 0 },
      stop_token_ids: new Set(base.info.eos_token_ids),
    })));
    const texts = ours.map(({ response_ids }) =>
      tokenizer.decode(response_ids, { skip_special_tokens: true })
    );
    const bare = new Policy(base, { type: "none" }, new ParameterSet(runtime, []), {
      ...{ reference: "base", shared: false },
    });
    const { logprobs } = await bare.analyze([{
      prompt_ids: prompts[0]!,
      response_ids: ours[0]!.response_ids,
    }], {
      temperature: 1,
    });
    assert.ok(
      logprobs[0]!.some((value, t) => Math.abs(value - ours[0]!.logprobs[t]!) > 0.01),
      "The adapter is lost",
    );

    const session = await ort.InferenceSession.create(join(folder, "onnx", "model.onnx"));
    for (const [row, prompt] of prompts.entries()) {
      assert.deepEqual(await greedy(session, base, prompt), [...ours[row]!.response_ids]);
    }
    await session.release();

    const generator = await pipeline("text-generation", folder, { local_files_only: true, dtype: "fp32" });
    const say = async (prompts: string | string[]) => {
      const options = { max_new_tokens: NEW_TOKENS, do_sample: false, return_full_text: false };
      const outputs = await generator(prompts as string[], options);
      return (outputs as unknown as { generated_text: string }[][]).flat().map((one) => one.generated_text);
    };
    for (const [row, prompt] of PROMPTS.entries()) assert.deepEqual(await say(prompt), [texts[row]!]);
    // Together the shorter is padded on the left; there each row goes on until the last has ended.
    (await say(PROMPTS)).forEach((text, row) => assert.ok(text.startsWith(texts[row]!), text));
    await generator.dispose();
  }));

/** Greedy token ids, a token at a time through the cache. */
async function greedy(
  session: ort.InferenceSession,
  { config, info }: BaseModel,
  prompt: readonly number[],
) {
  const int64 = (values: readonly number[]) =>
    new ort.Tensor("int64", values.map(BigInt), [1, values.length]);
  const parts = Array.from(
    { length: config.num_hidden_layers },
    (_, layer) => [`${layer}.key`, `${layer}.value`],
  )
    .flat();
  const empty = () => new ort.Tensor("float32", [], [1, config.num_key_value_heads, 0, config.head_dim]);
  let past: Record<string, ort.Tensor> = Object.fromEntries(parts.map((part) => [part, empty()]));
  const said: number[] = [];
  for (let next: readonly number[] = prompt, length = 0; said.length < NEW_TOKENS;) {
    const positions = next.map((_, i) => length + i);
    length += next.length;
    const outputs = await session.run({
      input_ids: int64(next),
      attention_mask: int64(Array.from({ length }, () => 1)),
      position_ids: int64(positions),
      ...Object.fromEntries(parts.map((part) => [`past_key_values.${part}`, past[part]!])),
    });
    const last = (outputs.logits!.data as Float32Array).subarray(-config.vocab_size);
    const token = last.indexOf(last.reduce((a, b) => Math.max(a, b)));
    said.push(token);
    if (info.eos_token_ids.includes(token)) break;
    past = Object.fromEntries(parts.map((part) => [part, outputs[`present.${part}`]!]));
    next = [token];
  }
  return said;
}
