/**
 * Rollouts and per-token records of jobs on a real server and a real engine: whoever reads them can compute everything
 * that was computed from them again, with nothing of this program.
 */
import assert from "node:assert/strict";
import { eventually } from "./core/jobs/supervised.ts";
import { inFolder } from "./core/networks/in_folder.ts";
import { within } from "./kernels/within.ts";
import { type SpawnedServer, spawnServer } from "./spawn_server.ts";

const PROMPTS = ["drums 🥁", "bike", "meeting", "bread"].map((word) =>
  `POST: Something happened with my ${word}.\nTL;DR:`
);

const SUM = {
  type: "sum",
  terms: [
    { weight: 1, reward: { type: "length", target: 6 } },
    { weight: 0.5, name: "words", reward: { type: "keywords", keywords: ["the", "my"] } },
  ],
};

/** Every way in which the numbers of a record come about. */
const JOBS = {
  "by default": { ppo: {}, reward: SUM },
  "nothing whitened": { ppo: { whiten_advantages: false, gamma: 1, lam: 1 }, reward: SUM },
  "rewards whitened, k3, a shared critic, cut-off responses bootstrapped": {
    ppo: { whiten_rewards: true, kl_estimator: "k3", bootstrap_truncated: true, kl_coef: 0.5 },
    value: { type: "shared" },
    reward: { type: "length", target: 3 },
  },
} as const;

// deno-lint-ignore no-explicit-any
type Json = any;

async function get(server: SpawnedServer, path: string, accept = "application/json"): Promise<string> {
  const response = await fetch(server.url + path, { headers: { accept } });
  const text = await response.text();
  assert.equal(response.status, 200, `${path}: ${text}`);
  return text;
}

const lines = (text: string): Json[] => text.split("\n").filter(Boolean).map((line) => JSON.parse(line));

/** Runs a job to its end and gives all that there is to read of it. */
async function run(server: SpawnedServer, job: Json) {
  const response = await fetch(`${server.url}/v1/training-jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind: "ppo", model: "tiny", prompts: PROMPTS, epochs: 2, seed: 3, ...job }),
  });
  const made = await response.json();
  assert.equal(response.status, 202, JSON.stringify(made));
  const path = `/v1/training-jobs/${made.id}`;
  await eventually(async () => JSON.parse(await get(server, path)).status === "succeeded");
  const { data: steps } = JSON.parse(await get(server, `${path}/metrics`));
  return {
    config: made.config,
    steps,
    rollouts: lines(await get(server, `${path}/rollouts`, "application/x-ndjson")),
    tokens: lines(await get(server, `${path}/attributions`, "application/x-ndjson")),
    path,
  };
}

/** (x − mean) / sqrt(variance) over all rows, the mean kept or not. */
function whitened(rows: number[][], shift: boolean): number[][] {
  const all = rows.flat();
  const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
  const variance = all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (all.length - 1);
  return rows.map((row) => row.map((x) => (x - mean) / Math.sqrt(variance + 1e-8) + (shift ? 0 : mean)));
}

const KL: Record<string, (d: number) => number> = { k1: (d) => d, k3: (d) => Math.exp(-d) - 1 + d };

Deno.test("records say how each advantage and reward came about: computed again from them, they are the same", () =>
  inFolder(async (DATA_DIR) => {
    const server = await spawnServer({ DATA_DIR });
    try {
      for (const [name, given] of Object.entries(JOBS)) {
        const ppo = { batch_size: 4, max_new_tokens: 12, learning_rate: 1e-3, ...given.ppo };
        const { config, steps, rollouts, tokens } = await run(server, { ...given, ppo });
        assert.deepEqual(new Set(rollouts.map(({ step }) => step)).size, steps.length);
        for (const metrics of steps) {
          const own = rollouts.filter(({ step }) => step === metrics.step);
          const rows: Json[][] = own.map(({ rollout_id }) =>
            tokens.filter((token) => token.rollout_id === rollout_id)
          );
          check(`${name}, step ${metrics.step}`, config, metrics, own, rows);
        }
        const cutOff = rollouts.filter(({ finish_reason }) => finish_reason === "length");
        assert.ok(cutOff.length > 0, name);
        const goesOn = "bootstrap_truncated" in given.ppo;
        assert.equal(cutOff.some(({ bootstrap_value }) => bootstrap_value !== 0), goesOn, name);
        const first = tokens.filter(({ step }) => step === 1);
        assert.ok(
          first.every(({ kl_div }) => Math.abs(kl_div) < 1e-6),
          `${name}: the policy begins as the reference`,
        );
        assert.ok(tokens.some(({ kl_div }) => Math.abs(kl_div) > 1e-6), `${name}: and moves away from it`);
      }
    } finally {
      server.process.kill("SIGTERM");
      await server.ended;
    }
  }));

function check(
  what: string,
  { ppo, reward, kind }: Json,
  metrics: Json,
  rollouts: Json[],
  rows: Json[][],
): void {
  assert.equal(kind, "ppo");
  const column = (name: string) => rows.map((row) => row.map((token) => token[name] as number));
  rollouts.forEach((rollout, row) => {
    assert.equal(rows[row]!.length, rollout.completion_tokens, what);
    assert.deepEqual(rows[row]!.map(({ position }) => position), rows[row]!.map((_, at) => at));
    const texts = rows[row]!.map(({ state_text }) => state_text);
    assert.equal(texts[0], rollout.prompt);
    assert.ok(texts.every((text) => (rollout.prompt + rollout.completion).startsWith(text)), what);
    assert.ok(texts.every((text) => !text.includes("\uFFFD")), what);
    if (rollout.finish_reason === "stop") assert.equal(texts.at(-1), rollout.prompt + rollout.completion);
    else assert.equal(rollout.score, rollout.raw_score - ppo.missing_eos_penalty, what);
    assert.ok(PROMPTS[rollout.prompt_idx] === rollout.prompt);
    const terms = Object.entries(rollout.rewards as Record<string, number>);
    const sum = "terms" in reward
      ? terms.reduce((sum, [, score], at) => sum + reward.terms[at].weight * score, 0)
      : terms[0]![1];
    within([rollout.raw_score], [sum], 1e-6, `${what}: terms`);
  });
  const [logprobs, references, values] = [column("logprob"), column("ref_logprob"), column("value")];
  const differences = logprobs.map((row, i) => row.map((logprob, t) => logprob - references[i]![t]!));
  differences.forEach((row, i) => within(column("kl_div")[i]!, row, 1e-12, `${what}: kl_div`));
  within(rollouts.map(({ kl }) => kl), differences.map((row) => row.reduce((a, b) => a + b, 0)), 1e-9, what);

  const penalties = differences.map((row) => row.map((d) => -metrics.kl_coef * KL[ppo.kl_estimator]!(d)));
  const plain = penalties.map((row, i) =>
    row.map((kl, t) => kl + (t === row.length - 1 ? rollouts[i].score : 0))
  );
  const rewards = ppo.whiten_rewards ? whitened(plain, false) : plain;
  rewards.forEach((row, i) => within(column("reward")[i]!, row, 1e-4, `${what}: reward`));

  // Each from its definition: nothing is carried from one token to the next.
  const stored = column("reward");
  const next = values.map((row, i) => [...row.slice(1), rollouts[i].bootstrap_value as number]);
  const deltas = stored.map((row, i) =>
    row.map((reward, t) => reward + ppo.gamma * next[i]![t]! - values[i]![t]!)
  );
  const sums = (rows: number[][], factor: number, last: (row: number) => number) =>
    rows.map((row, i) =>
      row.map((_, t) =>
        row.slice(t).reduce((sum, x, k) => sum + factor ** k * x, 0) + factor ** (row.length - t) * last(i)
      )
    );
  const raw = sums(deltas, ppo.gamma * ppo.lam, () => 0);
  const advantages = ppo.whiten_advantages ? whitened(raw, true) : raw;
  advantages.forEach((row, i) => within(column("advantage")[i]!, row, 1e-4, `${what}: advantage`));
  sums(stored, ppo.gamma, (row) => rollouts[row].bootstrap_value)
    .forEach((row, i) => within(column("reward_to_go")[i]!, row, 1e-4, `${what}: reward_to_go`));
  within([metrics["objective/scores"]], [mean(rollouts.map(({ score }) => score))], 1e-6, what);
  within(
    [metrics["objective/kl"]],
    [
      mean(differences.map((row) => row.map(KL[ppo.kl_estimator]!).reduce((a, b) => a + b, 0))),
    ],
    1e-5,
    what,
  );
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}

Deno.test("a method without a critic has no values, and advantages of a group's scores", () =>
  inFolder(async (DATA_DIR) => {
    const server = await spawnServer({ DATA_DIR });
    try {
      const ppo = { batch_size: 2, rollouts_per_prompt: 3, max_new_tokens: 12, advantage: "grpo" };
      const { rollouts, tokens } = await run(server, { ppo, reward: SUM });
      assert.ok(tokens.every(({ value }) => value === null));
      assert.deepEqual(rollouts.slice(0, 6).map(({ sample_idx }) => sample_idx), [0, 1, 2, 0, 1, 2]);
      assert.ok(tokens.some(({ advantage }) => advantage !== 0));
      for (const { step, prompt_idx } of rollouts) {
        const group = rollouts.filter((one) => one.step === step && one.prompt_idx === prompt_idx);
        const scores = group.map(({ score }) => score as number);
        const order = (a: number, b: number) => scores[a]! - scores[b]!;
        const first = group.map(({ rollout_id }) =>
          tokens.find((token) => token.rollout_id === rollout_id)!.advantage
        );
        const best = [0, 1, 2].toSorted(order);
        assert.ok(first[best[0]!] <= first[best[2]!], `step ${step}: a better score has a higher advantage`);
        if (new Set(scores).size === 1) assert.ok(first.every((advantage) => Math.abs(advantage) < 1e-6));
      }
    } finally {
      server.process.kill("SIGTERM");
      await server.ended;
    }
  }));
