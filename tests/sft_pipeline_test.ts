/** Supervised fine-tuning over HTTP with a real engine: its checkpoint generates, scores, is exported, and PPO starts from it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "./core/jobs/supervised.ts";
import { inFolder } from "./core/networks/in_folder.ts";
import { spawnServer } from "./spawn_server.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const PROMPTS = ["drums", "bike", "meeting", "bread", "garden", "train", "sister", "boss"].map((word) =>
  `POST: Something happened with my ${word}.\nTL;DR:`
);
const SAID = " all is well";
const TRAINABLE = { type: "lora", r: 8, alpha: 16 };

const SFT = {
  kind: "sft",
  model: "tiny",
  examples: [
    ...PROMPTS.map((prompt) => ({ prompt, completion: SAID })),
    {
      messages: [
        { role: "user", content: "How are you?" },
        { role: "assistant", content: "not to be learned", weight: 0 },
        { role: "user", content: "And now?" },
        { role: "assistant", content: SAID.trim() },
      ],
    },
  ],
  held_out: 1,
  epochs: 10,
  sft: { batch_size: 4, learning_rate: 0.01 },
  trainable: TRAINABLE,
  keep: { last: 1, best_by: "held_out/loss" },
  seed: 3,
};

Deno.test("a job of SFT leaves a checkpoint that says what it was taught, and PPO starts from it", () =>
  inFolder(async (parent) => {
    const server = await spawnServer({ DATA_DIR: join(parent, "data"), THREADS: "2" });
    const call = async (
      method: string,
      path: string,
      body?: unknown,
    ): Promise<{ status: number; json: Json }> => {
      const response = await fetch(`${server.url}/v1${path}`, {
        method,
        headers: { "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, json: await response.json() };
    };
    const get = async (path: string) => (await call("GET", path)).json;
    const refused = async (change: object, path: string) => {
      const { status, json } = await call("POST", "/training-jobs", { ...SFT, ...change });
      assert.equal(status, 422, JSON.stringify(json));
      assert.ok(json.errors.some((error: Json) => error.path === path), JSON.stringify(json));
    };
    const finished = async (body: unknown): Promise<Json> => {
      const { status, json } = await call("POST", "/training-jobs", body);
      assert.equal(status, 202, JSON.stringify(json));
      return await eventually(async () => {
        const job = await get(`/training-jobs/${json.id}`);
        assert.notEqual(job.status, "failed", JSON.stringify(job.error));
        return job.status === "succeeded" && job;
      });
    };
    try {
      const dry = await call("POST", "/training-jobs/dry-run", SFT);
      assert.equal(dry.status, 200, JSON.stringify(dry.json));
      assert.equal(dry.json.plan.steps, 20);
      assert.deepEqual([dry.json.plan.examples.trained, dry.json.plan.examples.held_out], [8, 1]);
      assert.deepEqual(dry.json.rows, { field: "examples", count: 9, dataset: null });
      assert.deepEqual((await get("/training-jobs")).data, []);
      // Checked by the engine, before there is a job.
      const long = [{ prompt: "POST: x ".repeat(300), completion: "y" }];
      await refused({ examples: long }, "sft.max_length");
      await refused({ examples: [{ messages: [{ role: "user", content: "a" }] }] }, "examples.0.messages");
      await refused({ trainable: { ...TRAINABLE, target_modules: ["nothing"] } }, "trainable.target_modules");

      const sft = await finished(SFT);
      const steps = (await get(`/training-jobs/${sft.id}/metrics`)).data;
      const epochs = (await get(`/training-jobs/${sft.id}/metrics?scope=epoch`)).data;
      assert.deepEqual([steps.length, epochs.length], [20, 10]);
      assert.ok(
        epochs.at(-1).loss < 0.5 * epochs[0].loss,
        JSON.stringify(epochs.map(({ loss }: Json) => loss)),
      );
      for (const epoch of epochs) {
        assert.ok(Math.abs(Math.log(epoch["held_out/perplexity"]) - epoch["held_out/loss"]) < 1e-6);
        assert.ok(Math.abs(Math.log(epoch.perplexity) - epoch.loss) < 1e-6);
      }
      const kept = (await get(`/training-jobs/${sft.id}/checkpoints`)).data;
      const best = Math.min(...epochs.map((epoch: Json) => epoch["held_out/loss"]));
      assert.ok(kept.some(({ metrics }: Json) => metrics["held_out/loss"] === best), "the best stays");

      const { checkpoint } = sft;
      const asked = { model: "tiny", prompts: PROMPTS.slice(0, 2), max_new_tokens: 8, temperature: 0 };
      const said = async (from: string | null) =>
        (await call("POST", "/generations", { ...asked, checkpoint: from })).json.data.map(({ text }: Json) =>
          text
        );
      assert.deepEqual(await said(checkpoint), [SAID, SAID]);
      assert.notDeepEqual(await said(null), [SAID, SAID]);
      const items = [{ prompt: PROMPTS[0], completion: SAID }];
      const { json: scores } = await call("POST", "/scores", { model: "tiny", checkpoint, items });
      assert.ok(
        scores.data[0].logprob > scores.data[0].ref_logprob + 1,
        JSON.stringify(scores.data[0].logprob),
      );
      const { status, json: exported } = await call("GET", `/checkpoints/${checkpoint}/exports/merged`);
      assert.equal(status, 200, JSON.stringify(exported));

      const start = {
        ...{ kind: "ppo", model: "tiny", checkpoint, prompts: PROMPTS, trainable: TRAINABLE, seed: 1 },
        ppo: { batch_size: 8, max_new_tokens: 8, learning_rate: 1e-3 },
        reward: { type: "length", target: 8 },
        epochs: 2,
      };
      const other = await call("POST", "/training-jobs", { ...start, trainable: { ...TRAINABLE, r: 4 } });
      assert.deepEqual([other.status, other.json.errors[0].path], [422, "trainable"]);
      const ppo = await finished(start);
      const [first] = (await get(`/training-jobs/${ppo.id}/metrics`)).data;
      assert.ok(Math.abs(first["objective/kl"]) < 1e-4, "what it starts from is its reference");
      // It says what it was taught, and so is far from as unsure as the bare model.
      const [bare] =
        (await get(`/training-jobs/${(await finished({ ...start, checkpoint: null })).id}/metrics`)).data;
      assert.ok(first["objective/entropy"] < 0.5 * bare["objective/entropy"], JSON.stringify([first, bare]));
    } finally {
      server.process.kill("SIGTERM");
      await server.ended;
    }
  }));
