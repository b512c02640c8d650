/**
 * A reward model on a real server and a real engine: trained on preferences that a rule made, named by its checkpoint where
 * models are named, and what PPO then learns from it.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { demoPrompts } from "../tasks/tiny/prompts.ts";
import { inFolder } from "./core/networks/in_folder.ts";
import { spawnServer } from "./spawn_server.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const VERBS = ["ask", "call", "leave", "help", "tell"];
const PEOPLE = ["my boss", "the landlord", "her sister", "them", "my friend"];
const pick = (list: readonly string[], at: number) => list[at % list.length]!;

/** Short questions are preferred to statements. */
const PREFERENCES = demoPrompts().flatMap((prompt, at) =>
  [0, 1].map((turn) => ({
    prompt,
    chosen: ` Should I ${pick(VERBS, at + turn)} ${pick(PEOPLE, at + 2 * turn)}?`,
    rejected: ` I want to ${pick(VERBS, at + turn + 1)} ${pick(PEOPLE, at + 3 * turn)} and I feel tired.`,
  }))
);

const JOB = {
  ...{ kind: "reward_model", model: "tiny", preferences: PREFERENCES, epochs: 2, held_out: 0.2, seed: 3 },
  reward_model: { batch_size: 16, learning_rate: 2e-3 },
};

Deno.test({
  name: "a reward model learns its preferences, scores by its checkpoint's id, and is what PPO learns from",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      const server = await spawnServer({ DATA_DIR: join(folder, "data"), THREADS: "2" });
      const call = async (method: string, path: string, body?: unknown) => {
        const response = await fetch(`${server.url}/v1/${path}`, {
          method,
          headers: { "content-type": "application/json" },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        const text = await response.text();
        return { status: response.status, json: text === "" ? null : JSON.parse(text) as Json };
      };
      const create = async (body: unknown): Promise<string> => {
        const { status, json } = await call("POST", "training-jobs", body);
        assert.equal(status, 202, JSON.stringify(json));
        return json.id;
      };
      const done = async (id: string) => {
        const headers = { accept: "text/event-stream" };
        const events = await fetch(`${server.url}/v1/training-jobs/${id}/events`, { headers });
        let told = "";
        for await (const text of events.body!.pipeThrough(new TextDecoderStream())) {
          told += text;
          if (/training_job\.(succeeded|failed)/.test(told)) break;
        }
        const { json } = await call("GET", `training-jobs/${id}`);
        assert.equal(json.status, "succeeded", JSON.stringify(json.error));
        return json;
      };
      try {
        const dry = await call("POST", "training-jobs/dry-run", JOB);
        assert.equal(dry.status, 200, JSON.stringify(dry.json));
        const id = await create(JOB);
        const job = await done(id);
        assert.deepEqual(job.rows, { field: "preferences", count: PREFERENCES.length, dataset: null });
        const { latest_metrics: metrics, checkpoint } = job;
        assert.ok(metrics["held_out/accuracy"] >= 0.9, JSON.stringify(metrics));

        const items = PREFERENCES.slice(0, 8).flatMap(({ prompt, chosen, rejected }) => [
          { prompt, completion: chosen },
          { prompt, completion: rejected },
        ]);
        const reward = { type: "model", model: checkpoint };
        const asReward = await call("POST", "scores", { model: "tiny", items, reward, tokens: false });
        const asModel = await call("POST", "scores", { model: checkpoint, items, tokens: false });
        assert.equal(asReward.status, 200, JSON.stringify(asReward.json));
        assert.deepEqual(asModel, asReward);
        const scores = asReward.json.data.map((one: Json) => one.reward);
        const right = scores.filter((score: number, at: number) => at % 2 === 0 && score > scores[at + 1]);
        assert.ok(right.length >= 7, scores.join());

        const told = await call("POST", "generations", { model: "tiny", checkpoint, prompts: ["POST:"] });
        assert.deepEqual([told.status, told.json.code, told.json.errors[0].path], [
          422,
          "unsupported_model",
          "checkpoint",
        ]);
        const chat = await call("POST", "completions", { model: checkpoint, prompt: "POST:" });
        assert.equal(chat.status, 400, JSON.stringify(chat.json));

        const ppo = {
          ...{ kind: "ppo", model: "tiny", prompts: demoPrompts(), epochs: 6, seed: 1, reward },
          ppo: { batch_size: 32, max_new_tokens: 20, learning_rate: 1e-3, kl_coef: 0.02 },
        };
        const learner = await create(ppo);
        const kept = await call("DELETE", `training-jobs/${id}`);
        assert.deepEqual([kept.status, kept.json.code], [409, "wrong_state"]);
        const learned = await done(learner);
        const { json: { data: steps } } = await call("GET", `training-jobs/${learner}/metrics`);
        const mean = (from: number, to?: number) => {
          const rows = steps.slice(from, to).map((row: Json) => row["objective/scores"]);
          return rows.reduce((a: number, b: number) => a + b) / rows.length;
        };
        assert.ok(mean(-3) > mean(0, 3) + 0.3, `${mean(0, 3)} to ${mean(-3)}`);

        const policy = { type: "model", model: learned.checkpoint };
        const wrong = await call("POST", "training-jobs", { ...ppo, reward: policy });
        assert.deepEqual(
          [wrong.status, wrong.json.errors[0].path],
          [422, "reward"],
          JSON.stringify(wrong.json),
        );
        const start = await call("POST", "training-jobs", { ...ppo, checkpoint });
        assert.deepEqual([start.status, start.json.errors[0].path], [422, "checkpoint"]);
        assert.equal((await call("DELETE", `training-jobs/${id}`)).status, 204);
        const gone = await call("POST", "scores", { model: "tiny", items, reward });
        assert.deepEqual([gone.status, gone.json.code], [422, "unknown_checkpoint"]);
      } finally {
        server.process.kill("SIGTERM");
        await server.ended;
      }
    }),
});
