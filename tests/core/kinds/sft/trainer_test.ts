/** Supervised fine-tuning on real tiny models: its loss is the model's own, falls, and stops when told. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { initialParameters, tuningOf } from "../../../../core/weights/parameter_layout.ts";
import { Policy } from "../../../../core/networks/policy.ts";
import type { ExampleTokens } from "../../../../core/kinds/sft/example_tokens.ts";
import { type ExampleSplit, type SftConfig, trainSft } from "../../../../core/kinds/sft/trainer.ts";
import { ParameterSet } from "../../../../core/weights/parameter_set.ts";
import { within, worst } from "../../../kernels/within.ts";
import { answering } from "../../../../core/run/packed_rows.ts";
import { loadAdapter } from "../../../../core/weights/load_adapter.ts";
import { EOS, fixtureFolder, fixtureRows, openBase, someTokens } from "../../networks/tiny_models.ts";

const CONFIG: SftConfig = {
  epochs: 12,
  batch_size: 4,
  micro_batch_size: null,
  packing: true,
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

interface Sequence {
  prompt_ids: number[];
  response_ids: number[];
  /** Of each token of the response; 1 by default. */
  weights?: number[];
}

function tokensOf({ prompt_ids, response_ids, weights }: Sequence): ExampleTokens {
  const counts = response_ids.map((_, t) => weights?.[t] ?? 1);
  const counted = response_ids.flatMap((_, t) => counts[t]! > 0 ? [t] : []);
  return {
    ids: Int32Array.from(
      [...prompt_ids, ...response_ids].slice(0, prompt_ids.length + (counted.at(-1) ?? -1) + 1),
    ),
    targets: Int32Array.from(counted, (t) => prompt_ids.length + t),
    weights: Float32Array.from(counted, (t) => counts[t]!),
    prompt: prompt_ids.length,
    truncated: false,
  };
}

/** All of them to train on, or some held out. */
function splitOf(sequences: readonly Sequence[], held_out: number[] = []): ExampleSplit {
  const train = sequences.flatMap((_, index) => held_out.includes(index) ? [] : [index]);
  return { examples: sequences.map(tokensOf), train, held_out };
}

/** Copies: the completion repeats the prompt and ends. */
const EXAMPLES: Sequence[] = Array.from({ length: 4 }, (_, key) => {
  const prompt_ids = someTokens(50 + key, 3 + key);
  return { prompt_ids, response_ids: [...prompt_ids, EOS] };
});

async function sft(
  kind: keyof typeof TUNINGS,
  config: Partial<SftConfig> = {},
  split: ExampleSplit = splitOf(EXAMPLES),
) {
  const base = await openBase();
  const tuning = tuningOf(base.config, TUNINGS[kind]);
  const parameters = await initialParameters(base, tuning, { head: false, seed: 0, role: "policy" });
  const policy = new Policy(base, tuning, parameters, { reference: "base", shared: false });
  const steps: Record<string, number>[] = [], epochs: Record<string, number>[] = [];
  for await (const event of trainSft(base, tuning, parameters, split, { ...CONFIG, ...config })) {
    if (event.type === "epoch") epochs.push(event.metrics as Record<string, number>);
    if (event.type !== "step") continue;
    const { step, epoch } = event.progress;
    steps.push({ step, epoch, ...event.metrics as Record<string, number> });
  }
  return { policy, parameters, steps, epochs };
}

Deno.test("the first loss is the mean −logprob of the completions' tokens, as PyTorch has them", async () => {
  const { sequences, expected, tolerance } = await fixtureRows("qwen3");
  const examples = sequences.map(({ prompt_ids, response_ids }) => ({
    prompt_ids: Array.from(prompt_ids),
    response_ids: Array.from(response_ids),
  }));
  const { steps } = await sft("lora", { epochs: 1, batch_size: 3, micro_batch_size: 1 }, splitOf(examples));
  const logprobs = expected("logprobs").flat();
  assert.equal(steps.length, 1);
  assert.equal(steps[0]!.tokens, logprobs.length);
  const mean = -logprobs.reduce((a, b) => a + b) / logprobs.length;
  within([steps[0]!.loss!, Math.log(steps[0]!.perplexity!)], [mean, mean], tolerance, "loss");
});

for (const kind of ["lora", "full"] as const) {
  Deno.test(`${kind}: the loss of a copying task falls, and greedy text then copies and ends`, async () => {
    const { policy, steps } = await sft(kind, { epochs: 40, learning_rate: 2e-2, weight_decay: 0 });
    assert.equal(steps.length, 40);
    assert.ok(
      steps[0]!.loss! > 4 && steps.at(-1)!.loss! < 0.2,
      `loss ${steps[0]!.loss} to ${steps.at(-1)!.loss}`,
    );
    assert.equal(steps.at(-1)!.token_accuracy, 1);
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
    within(parts.steps.map(({ loss }) => loss!), whole.steps.map(({ loss }) => loss!), 1e-5, "losses");
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
      const { type } of trainSft(base, tuning, parameters, splitOf(EXAMPLES), CONFIG, {
        signal: abort.signal,
      })
    ) {
      if (type === "step" && ++steps === 2) abort.abort(reason);
    }
  }, reason);
  assert.equal(steps, 2);
  assert.ok(worst(parameters.flat.read(), new Float32Array(parameters.flat.read().length)) > 0);
});

/** Rows of very different lengths, some of whose tokens weigh otherwise. */
const UNEVEN: Sequence[] = [[3, 9], [14, 2], [1, 1], [5, 6], [2, 12], [7, 1], [4, 4], [2, 3]].map((
  [prompt, response],
  key,
) => ({
  prompt_ids: someTokens(100 + 2 * key, prompt!),
  response_ids: someTokens(101 + 2 * key, response!),
  weights: Array.from({ length: response! }, (_, t) => [1, 0, 0.5, 2][(key + t) % 4]!),
}));

/** −log-probability of every token that counts, and what it counts, in float64. */
async function weighted(policy: Policy, rows: readonly Sequence[]): Promise<number> {
  const { logprobs } = await policy.analyze(rows, { temperature: 1 });
  let lost = 0, total = 0;
  rows.forEach(({ weights }, row) =>
    logprobs[row]!.forEach((logprob, t) => {
      lost -= weights![t]! * logprob;
      total += weights![t]!;
    })
  );
  return lost / total;
}

/** The share, by weight, of tokens that are the most likely ones in their places. */
async function hitShare(policy: Policy, rows: readonly Sequence[]): Promise<number> {
  const found = await policy.likelihoods(rows, { temperature: 1 });
  let hit = 0, total = 0;
  rows.forEach(({ response_ids, weights }, row) =>
    response_ids.forEach((token, t) => {
      hit += weights![t]! * Number(found[row]!.top[t]!.ids[0] === token);
      total += weights![t]!;
    })
  );
  return hit / total;
}

Deno.test("token accuracy is the weighted share of tokens that are the most likely, of steps and of held-out rows", async () => {
  const base = await openBase();
  const none = new ParameterSet(base.runtime, []);
  const bare = new Policy(base, { type: "none" }, none, { reference: "base", shared: false });
  // The first token of every other row is the likeliest, so that there are hits before anything is learned.
  const rows = await Promise.all(UNEVEN.map(async (row, at) => {
    const [found] = await bare.likelihoods([row], { temperature: 1 });
    const likeliest = found!.top[0]!.ids[0]!;
    return at % 2 === 0 ? { ...row, response_ids: [likeliest, ...row.response_ids.slice(1)] } : row;
  }));
  const held = [0, 3, 6];
  const trained = rows.filter((_, row) => !held.includes(row));
  const before = await hitShare(bare, trained);
  const { policy, steps, epochs } = await sft("lora", {
    ...{ epochs: 2, batch_size: trained.length, micro_batch_size: 2, warmup_steps: 0, learning_rate: 1e-3 },
  }, splitOf(rows, held));
  assert.ok(before > 0 && before < 1, `${before}`);
  within([steps[0]!.token_accuracy!], [before], 1e-6, "accuracy");
  const after = await hitShare(policy, held.map((row) => rows[row]!));
  assert.ok(after > 0 && after < 1, `${after}`);
  within([epochs[1]!["held_out/token_accuracy"]!], [after], 1e-6, "held-out accuracy");
});

for (const kind of ["lora", "full"] as const) {
  for (const packing of [true, false]) {
    Deno.test(`${kind}, ${packing ? "packed" : "apart"}: loss and held-out loss are weighted means, which float64 gives too`, async () => {
      const held = [1, 4, 6];
      const base = await openBase();
      const bare = new Policy(
        base,
        { type: "none" },
        new ParameterSet(base.runtime, []),
        { reference: "base", shared: false },
      );
      const rows = UNEVEN.filter((_, index) => !held.includes(index));
      const before = await weighted(bare, rows);
      const { policy, steps, epochs } = await sft(
        kind,
        { epochs: 2, batch_size: rows.length, packing, warmup_steps: 0, learning_rate: 1e-3 },
        splitOf(UNEVEN, held),
      );
      within([steps[0]!.loss!], [before], 1e-5, "loss");
      const after = await weighted(policy, held.map((index) => UNEVEN[index]!));
      within([epochs[1]!["held_out/loss"]!], [after], 1e-5, "held-out loss");
      within([epochs[1]!["held_out/perplexity"]!], [Math.exp(after)], 1e-4, "held-out perplexity");
      assert.ok(Math.abs(epochs[0]!["held_out/loss"]! - after) > 1e-4, "it is measured after each epoch");
      assert.equal(
        steps[0]!["tokens"],
        rows.flatMap(({ weights }) => weights!.filter((weight) => weight > 0)).length,
      );
      assert.equal("held_out/loss" in steps[0]!, steps.length === 2);
    });
  }

  for (const dropout of kind === "lora" ? [0, 0.3] : [0]) {
    Deno.test(`${kind}, dropout ${dropout}: packing changes rounding alone`, async () => {
      const run = (packing: boolean, micro_batch_size: number | null) =>
        sft(
          kind,
          { epochs: 3, batch_size: 6, micro_batch_size, packing, dropout, adam_eps: 1e-3, warmup_steps: 0 },
          splitOf(UNEVEN, [2, 3]),
        );
      const apart = await run(false, null);
      for (const packed of [await run(true, null), await run(true, 3)]) {
        within(packed.parameters.flat.read(), apart.parameters.flat.read(), 1e-5, "parameters");
        for (const name of ["loss", "grad_norm", "held_out/loss"]) {
          const of = ({ steps }: typeof apart) => steps.map((step) => step[name]!);
          within(of(packed), of(apart), 1e-4, name);
        }
      }
      if (dropout > 0) {
        const without = await sft(
          kind,
          { epochs: 3, batch_size: 6, warmup_steps: 0 },
          splitOf(UNEVEN, [2, 3]),
        );
        assert.ok(Math.abs(without.steps[1]!.loss! - apart.steps[1]!.loss!) > 1e-4, "it drops something");
      }
    });
  }
}

Deno.test("micro-batches of uneven rows compute little padding, and learn what the whole batch does", async () => {
  const rows = [60, 36, 46, 60, 36, 46, 36, 46].map((prompt, key) => ({
    prompt_ids: someTokens(90 + key, prompt),
    response_ids: someTokens(80 + key, 2),
  }));
  const run = (packing: boolean, micro_batch_size: number | null) =>
    sft(
      "lora",
      { epochs: 2, batch_size: rows.length, micro_batch_size, packing, adam_eps: 1e-3 },
      splitOf(rows),
    );
  const whole = await run(false, null);
  for (const parts of [await run(false, 2), await run(false, 3), await run(true, null)]) {
    within(parts.parameters.flat.read(), whole.parameters.flat.read(), 1e-5, "parameters");
    within(parts.steps.map(({ loss }) => loss!), whole.steps.map(({ loss }) => loss!), 1e-5, "loss");
  }
  for (const { steps } of [whole, await run(false, 2), await run(false, 3)]) {
    assert.ok(steps.every(({ padding_share }) => padding_share! < 0.05), `${steps[0]!.padding_share}`);
  }
});

Deno.test("weights count against each other: all alike are none, and 0 is as if the token were not said", async () => {
  const [a, b] = [UNEVEN[0]!, UNEVEN[4]!];
  const run = (rows: Sequence[]) =>
    sft("lora", { epochs: 2, batch_size: rows.length, adam_eps: 1e-3, warmup_steps: 0 }, splitOf(rows));
  const alike = (weight: number) =>
    [a, b].map((row) => ({ ...row, weights: row.weights!.map(() => weight) }));
  const [one, three] = [await run(alike(1)), await run(alike(3))];
  within(three.parameters.flat.read(), one.parameters.flat.read(), 1e-6, "parameters");
  // A row that counts nothing teaches nothing, and the last token of one may be left out.
  const nothing = { ...b, weights: b.weights!.map(() => 0) };
  const cut = { ...a, weights: a.weights!.map((weight, t) => t === a.weights!.length - 1 ? 0 : weight) };
  const short = { ...a, response_ids: a.response_ids.slice(0, -1), weights: a.weights!.slice(0, -1) };
  const [both, alone] = [await run([cut, nothing]), await run([short])];
  assert.deepEqual(both.parameters.flat.read(), alone.parameters.flat.read());
});

Deno.test("a step in which nothing counts changes nothing and says so", async () => {
  const nothing = { ...UNEVEN[0]!, weights: UNEVEN[0]!.weights!.map(() => 0) };
  const { steps, parameters, epochs } = await sft("full", { epochs: 1, batch_size: 1 }, splitOf([nothing]));
  const bare = await initialParameters(await openBase(), { type: "full" }, {
    head: false,
    seed: 0,
    role: "policy",
  });
  assert.deepEqual(parameters.flat.read(), bare.flat.read());
  assert.deepEqual([steps[0]!.skipped_steps, steps[0]!.tokens, "loss" in epochs[0]!], [1, 0, false]);
});

Deno.test("from PEFT's adapter, the first loss is the mean −logprob that PyTorch gives with it", async () => {
  const base = await openBase();
  const { tuning, parameters } = await loadAdapter(base, join(fixtureFolder("qwen3"), "adapter"), {
    head: false,
  });
  const { sequences, expected, tolerance } = await fixtureRows("qwen3");
  const split = { examples: sequences.map(answering), train: [0, 1, 2], held_out: [] };
  const logprobs = expected("lora.logprobs").flat();
  for await (
    const event of trainSft(base, tuning, parameters, split, { ...CONFIG, epochs: 1, batch_size: 3 })
  ) {
    if (event.type !== "step") continue;
    const mean = -logprobs.reduce((a, b) => a + b) / logprobs.length;
    within([event.metrics.loss!], [mean], tolerance, "loss");
  }
});
