/** The embedded model against transformers: logits, log-probabilities and greedy text (bench/peers/tiny_expected.py). */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { logitsArtifact } from "../../../kernels/artifacts.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { Policy } from "../../../core/networks/policy.ts";
import { ParameterSet } from "../../../core/weights/parameter_set.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import type { ChatMessage } from "../../../core/tokenizer/chat_template.ts";
import { loadTokenizer } from "../../../core/tokenizer/tokenizer.ts";

interface Expected {
  /** What its chat template made `prompt` of. */
  messages?: ChatMessage[];
  prompt: string;
  completion: string;
  prompt_ids: number[];
  completion_ids: number[];
  logprobs: number[];
  last_logits: number[];
  greedy_ids: number[];
}

const TOLERANCE = 2e-4;
const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const folder = path("models/tiny");
const items: Expected[] = JSON.parse(await Deno.readTextFile(path("tests/fixtures/tiny/expected.json")));
const runtime = Runtime.open({ threads: 2 });

function close(actual: ArrayLike<number>, expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, index) => {
    assert.ok(Math.abs(actual[index]! - value) < TOLERANCE, `${index}: ${actual[index]} instead of ${value}`);
  });
}

Deno.test("tiny: token ids are those of transformers", async () => {
  const tokenizer = await loadTokenizer(folder);
  for (const { messages, prompt, completion, prompt_ids, completion_ids } of items) {
    assert.deepEqual(tokenizer.encode(prompt), prompt_ids);
    const ids = tokenizer.encode(completion, { add_special_tokens: false });
    assert.deepEqual(messages ? ids : [...ids, tokenizer.eosTokenId], completion_ids);
    if (messages) assert.equal(tokenizer.chatText({ messages }), prompt);
  }
});

Deno.test("tiny: log-probabilities and greedy text are those of transformers", async () => {
  const base = await BaseModel.open(runtime, folder);
  const policy = new Policy(base, { type: "none" }, new ParameterSet(runtime, []), {
    reference: "base",
    shared: false,
  });
  const sequences = items.map(({ prompt_ids, completion_ids }) => ({
    prompt_ids,
    response_ids: completion_ids,
  }));
  const { logprobs } = await policy.analyze(sequences, { temperature: 1 });
  items.forEach((item, row) => close(logprobs[row]!, item.logprobs));
  const greedy = await policy.respond(items.map(({ prompt_ids }) => ({
    prompt_ids,
    max_new_tokens: 32,
    temperature: 0,
    top_k: 0,
    top_p: 1,
    uniform: () => 0,
    stop_token_ids: new Set(base.info.eos_token_ids),
  })));
  items.forEach((item, row) => assert.deepEqual(greedy[row]!.response_ids, item.greedy_ids));
});

Deno.test("tiny: logits are those of transformers", async () => {
  const base = await BaseModel.open(runtime, folder);
  const session = await base.session(logitsArtifact(base.config, { type: "none" }));
  for (const { prompt_ids, completion_ids, last_logits } of items) {
    const ids = [...prompt_ids, ...completion_ids];
    const { logits } = await session.run({
      ids: Tensor.onHost(runtime, "int64", [1, ids.length], BigInt64Array.from(ids, BigInt)),
      positions: Tensor.onHost(runtime, "int64", [1], BigInt64Array.of(BigInt(ids.length - 1))),
      ...base.rope(ids.length),
    }, ["logits"]);
    close(logits.data as Float32Array, last_logits);
  }
});
