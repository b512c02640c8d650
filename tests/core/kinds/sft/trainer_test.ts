/** Supervised fine-tuning on real tiny models: its loss is the model's own, falls, and stops when told. */
import assert from "node:assert/strict";
import { initialParameters, tuningOf } from "../../../../core/weights/parameter_layout.ts";
import { Policy } from "../../../../core/networks/policy.ts";
import { type SftConfig, type SftMetrics, trainSft } from "../../../../core/kinds/sft/trainer.ts";
import { within, worst } from "../../../kernels/within.ts";
import { EOS, fixtureRows, openBase, someTokens } from "../../networks/tiny_models.ts";

const CONFIG: SftConfig = {
  epochs: 12,
  batch_size: 4,
  micro_batch_size: null,
  learning_rate: 5e-3,
  weight_decay: 0.01,
  seed: 0,
  adam_beta1: 0.9,
  adam_beta2: 0.999,
  adam_eps: 1e-8,
  max_grad_norm: 1,
  lr_scheduler: "linear",
  min_lr_ratio: 0,
  warmup_steps: 2,
};
const TUNINGS = {
  lora: { type: "lora", r: 8, alpha: 16, target_modules: "all-linear" },
  full: { type: "full" },
} as const;

/** Copies: the completion repeats the prompt and ends. */
const EXAMPLES = Array.from({ length: 4 }, (_, key) => {
  const prompt_ids = someTokens(50 + key, 3 + key);
  return { prompt_ids, response_ids: [...prompt_ids, EOS] };
});

async function sft(kind: keyof typeof TUNINGS, config: Partial<SftConfig> = {}, examples = EXAMPLES) {
  const base = await openBase();
  const tuning = tuningOf(base.config, TUNINGS[kind]);
  const parameters = await initialParameters(base, tuning, { head: false, seed: 0, role: "policy" });
  const policy = new Policy(base, tuning, parameters, { reference: "base", shared: false });
  const steps: (SftMetrics & { step: number; epoch: number })[] = [];
  for await (const event of trainSft(base, tuning, parameters, examples, { ...CONFIG, ...config })) {
    if (event.type !== "step") continue;
    const { step, epoch } = event.progress;
    steps.push({ step, epoch, ...event.metrics as unknown as SftMetrics });
  }
  return { policy, parameters, steps };
}

Deno.test("the first loss is the mean −logprob of the completions' tokens, as PyTorch has them", async () => {
  const { sequences, expected, tolerance } = await fixtureRows("qwen3");
  const examples = sequences.map(({ prompt_ids, response_ids }) => ({
    prompt_ids: Array.from(prompt_ids),
    response_ids: Array.from(response_ids),
  }));
  const { steps } = await sft("lora", { epochs: 1, batch_size: 3, micro_batch_size: 1 }, examples);
  const logprobs = expected("logprobs").flat();
  assert.equal(steps.length, 1);
  assert.equal(steps[0]!.tokens, logprobs.length);
  within([steps[0]!.loss], [-logprobs.reduce((a, b) => a + b) / logprobs.length], tolerance, "loss");
});

for (const kind of ["lora", "full"] as const) {
  Deno.test(`${kind}: the loss of a copying task falls, and greedy text then copies and ends`, async () => {
    const { policy, steps } = await sft(kind, { epochs: 40, learning_rate: 2e-2, weight_decay: 0 });
    assert.equal(steps.length, 40);
    assert.ok(
      steps[0]!.loss > 4 && steps.at(-1)!.loss < 0.2,
      `loss ${steps[0]!.loss} to ${steps.at(-1)!.loss}`,
    );
    const decoded = await policy.respond(EXAMPLES.map(({ prompt_ids }) => ({
      prompt_ids,
      max_new_tokens: 12,
      temperature: 0,
      top_k: 0,
      top_p: 1,
      uniform: () => 0,
      stop_token_ids: new Set([EOS]),
    })));
    assert.deepEqual(
      decoded.map(({ response_ids }) => response_ids),
      EXAMPLES.map((one) => one.response_ids),
    );
  });

  Deno.test(`${kind}: micro-batches do not change training, and one seed gives one result`, async () => {
    const [whole, again, parts] = [
      await sft(kind, { epochs: 3, adam_eps: 1e-3 }),
      await sft(kind, { epochs: 3, adam_eps: 1e-3 }),
      await sft(kind, { epochs: 3, adam_eps: 1e-3, micro_batch_size: 1 }),
    ];
    assert.deepEqual(again.parameters.flat.read(), whole.parameters.flat.read());
    within(parts.parameters.flat.read(), whole.parameters.flat.read(), 1e-5, "parameters");
    within(parts.steps.map(({ loss }) => loss), whole.steps.map(({ loss }) => loss), 1e-5, "losses");
    assert.deepEqual(whole.steps.map(({ step, epoch }) => [step, epoch]), [[1, 1], [2, 2], [3, 3]]);
  });
}

Deno.test("an abort ends training with its reason between runs", async () => {
  const base = await openBase();
  const tuning = tuningOf(base.config, TUNINGS.lora);
  const parameters = await initialParameters(base, tuning, { head: false, seed: 0, role: "policy" });
  const abort = new AbortController();
  const reason = new Error("enough");
  let steps = 0;
  await assert.rejects(async () => {
    for await (
      const { type } of trainSft(base, tuning, parameters, EXAMPLES, CONFIG, { signal: abort.signal })
    ) {
      if (type === "step" && ++steps === 2) abort.abort(reason);
    }
  }, reason);
  assert.equal(steps, 2);
  assert.ok(worst(parameters.flat.read(), new Float32Array(parameters.flat.read().length)) > 0);
});
