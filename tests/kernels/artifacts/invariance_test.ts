/** What must not change a result: padding, whatever ids are in it, other rows, their order, running again. */
import assert from "node:assert/strict";
import {
  policyEvalArtifact,
  policyTrainingArtifact,
  scoreArtifact,
  type Tuning,
} from "../../../kernels/artifacts.ts";
import { loadFixture } from "../models/fixture.ts";
import { type Array_, openSession, type Result, runArtifact, runSession } from "../run_artifact.ts";
import { within, worst } from "../within.ts";
import {
  actions,
  batchOf,
  droppedOf,
  EOS,
  experienceInputs,
  experienceOf,
  feedsOf,
  loraOf,
  type Model,
  type Padding,
  type Row,
  ROWS,
} from "./batch.ts";

const EVERYTHING = { values: true, entropyBonus: true, accumulate: false };
const GARBAGE: Padding = { pad: (cell) => (cell * 37 + 11) % 320 };

/** Everything that evaluation and training give for ROWS, laid out as `padding` says. */
async function everything(
  model: Model,
  tuning: Tuning,
  padding: Padding = {},
): Promise<Record<string, Result>> {
  const experience = await experienceOf(model, tuning, ROWS);
  const feeds = feedsOf(model, { ...batchOf(ROWS, padding), ...experienceInputs(experience) });
  return {
    ...await runArtifact(policyEvalArtifact(model.config, tuning, { entropy: true, values: true }), feeds),
    ...await runArtifact(policyTrainingArtifact(model.config, tuning, EVERYTHING), feeds),
  };
}

function same(actual: Record<string, Result>, expected: Record<string, Result>, tolerance: number): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const [name, { data }] of Object.entries(expected)) within(actual[name]!.data, data, tolerance, name);
}

const TUNINGS: [string, (model: Model) => Tuning][] = [
  ["lora", loraOf],
  ["lora with dropout", droppedOf],
  ["full", () => ({ type: "full" })],
];

/** Positions that are rotations, and learned ones: only the second would show a shift of a whole row. */
const CASES = ["qwen3", "gpt2"].flatMap((name) => TUNINGS.map(([kind, of]) => [name, kind, of] as const));

for (const [name, kind, tuningOf] of CASES) {
  Deno.test(`${name}, ${kind}: ids in padding change nothing, be they 0, EOS or garbage`, async () => {
    const model = await loadFixture(name);
    const tuning = tuningOf(model);
    const zeros = await everything(model, tuning);
    for (const padding of [GARBAGE, { pad: () => EOS }]) {
      same(await everything(model, tuning, padding), zeros, 0);
    }
  });

  Deno.test(`${name}, ${kind}: more columns of padding change nothing`, async () => {
    const model = await loadFixture(name);
    const tuning = tuningOf(model);
    const wide = await everything(model, tuning, { ...GARBAGE, width: 11 + 5 });
    same(wide, await everything(model, tuning), 1e-5);
  });

  Deno.test(`${name}, ${kind}: running the same again gives the same bits`, async () => {
    const model = await loadFixture(name);
    const tuning = tuningOf(model);
    const artifact = policyTrainingArtifact(model.config, tuning, EVERYTHING);
    const experience = await experienceOf(model, tuning, ROWS);
    const feeds = feedsOf(model, { ...batchOf(ROWS), ...experienceInputs(experience) });
    using session = await openSession(artifact, feeds);
    const first = await runSession(session, artifact, feeds);
    same(await runSession(session, artifact, feeds), first, 0);
    same(await runArtifact(artifact, feeds), first, 0);
  });
}

Deno.test("A model whose pad is its EOS has the same loss and gradients, and EOS its logprob", async () => {
  const model = await loadFixture("llama");
  const tuning = loraOf(model);
  const [distinct, equal] = [
    await everything(model, tuning),
    await everything(model, tuning, { pad: () => EOS }),
  ];
  same(equal, distinct, 0);
  const last = actions(ROWS.slice(0, 1)) - 1;
  assert.equal(batchOf(ROWS).targets!.data[last], EOS);
  assert.ok(equal.logprobs!.data[last]! < 0);
});

async function evaluate(model: Model, rows: Row[], more: Record<string, Array_> = {}) {
  const artifact = policyEvalArtifact(model.config, loraOf(model), { entropy: true, values: true });
  return await runArtifact(artifact, feedsOf(model, { ...batchOf(rows), ...more }));
}

for (const model_type of ["qwen2", "gpt2"]) {
  Deno.test(`${model_type}: a row gives the same alone, among others and in another order`, async () => {
    const model = await loadFixture(model_type);
    const all = await evaluate(model, ROWS);
    const reversed = await evaluate(model, ROWS.toReversed());
    for (const name of ["logprobs", "entropy", "values"]) {
      let from = 0;
      for (const row of ROWS) {
        const to = from + actions([row]);
        const among = all[name]!.data.slice(from, to);
        within((await evaluate(model, [row]))[name]!.data, among, 1e-5, `${name}, alone`);
        const back = all[name]!.data.length;
        within(reversed[name]!.data.slice(back - to, back - from), among, 1e-5, `${name}, reversed`);
        from = to;
      }
    }
  });
}

Deno.test("A state does not know its future: later tokens change neither its value nor its entropy", async () => {
  const model = await loadFixture("qwen3");
  const row = ROWS[0]!;
  const before = await evaluate(model, [row]);
  for (let t = 0; t < actions([row]); t++) {
    // Every action from t on is another token.
    const at = row.prompt + t;
    const tokens = row.tokens.map((token, s) => s < at ? token : (token + 100) % 320);
    const after = await evaluate(model, [{ ...row, tokens }]);
    for (const name of ["values", "entropy"]) {
      assert.deepEqual(
        after[name]!.data.slice(0, t + 1),
        before[name]!.data.slice(0, t + 1),
        `${name} up to ${t}`,
      );
    }
    assert.deepEqual(after.logprobs!.data.slice(0, t), before.logprobs!.data.slice(0, t));
    const later = (result: Record<string, Result>) => result.values!.data.slice(t + 1);
    if (t + 1 < actions([row])) assert.ok(worst(later(after), later(before)) > 1e-3, `values after ${t}`);
  }
});

Deno.test("Scores read the last real token: a model whose pad is that token, and garbage after it, change nothing", async () => {
  const model = await loadFixture("reward-qwen3");
  const artifact = scoreArtifact(model.config);
  const lasts = (width: number) => ({
    dims: [ROWS.length],
    data: ROWS.map(({ tokens }, row) => row * width + tokens.length - 1),
  });
  const scores = async (padding: Padding & { width: number }) =>
    (await runArtifact(artifact, {
      ...model.weights,
      ...model.rope,
      ids: batchOf(ROWS, padding).ids!,
      positions: lasts(padding.width),
    })).scores!.data;
  const plain = await scores({ width: 11 });
  assert.deepEqual(await scores({ ...GARBAGE, width: 11 }), plain);
  assert.deepEqual(await scores({ pad: () => EOS, width: 11 }), plain);
  within(await scores({ width: 20 }), plain, 1e-5, "scores with more padding");
  assert.ok(new Set(plain).size === ROWS.length);
});
