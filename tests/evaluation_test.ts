/** A checkpoint of a real job, evaluated by a real server: stopped and killed on the way, it comes to the same result. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "./core/jobs/supervised.ts";
import { inFolder } from "./core/networks/in_folder.ts";
import { spawnServer } from "./spawn_server.ts";

const PROMPTS = ["drums", "bike", "meeting", "bread", "garden", "train"].map((word) =>
  `POST: Something happened with my ${word}.\nTL;DR:`
);
const REWARD = { type: "length", target: 6 };

Deno.test({
  name: "a trained checkpoint against its base over HTTP, through a pause and the server's death",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (parent) => {
      const env = { DATA_DIR: join(parent, "data"), THREADS: "1" };
      let server = await spawnServer(env);
      // deno-lint-ignore no-explicit-any
      const ask = async (path: string, body?: unknown): Promise<any> => {
        const response = await fetch(`${server.url}/v1/${path}`, {
          method: body === undefined ? "GET" : "POST",
          headers: { "content-type": "application/json" },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
        return await response.json();
      };
      // deno-lint-ignore no-explicit-any
      const until = (id: string, check: (job: any) => boolean) =>
        eventually(async () => {
          const job = await ask(`training-jobs/${id}`);
          assert.notEqual(job.status, "failed", JSON.stringify(job.error));
          return check(job) && job;
        });
      const ended = (id: string) => until(id, ({ status }) => status === "succeeded");
      try {
        const training = await ask("training-jobs", {
          ...{ kind: "ppo", model: "tiny", prompts: PROMPTS, epochs: 4, reward: REWARD },
          ppo: { batch_size: 6, max_new_tokens: 16, learning_rate: 2e-3 },
        });
        const { checkpoint } = await ended(training.id);
        const request = {
          ...{
            model: "tiny",
            checkpoint,
            prompts: PROMPTS,
            samples_per_prompt: 4,
            batch_size: 1,
            reward: REWARD,
          },
          ...{ generation: { max_new_tokens: 16 }, checkpoint_every_steps: 2 },
        };
        const whole = await ended((await ask("evaluations", request)).id);
        const { result } = whole;
        assert.deepEqual([result.n, result.prompts], [24, 6]);
        assert.equal(result.wins + result.ties + result.losses, 24);
        assert.ok(result.kl > 0 && result.against.kl === 0, `${result.kl} ${result.against.kl}`);
        const { ci95, mean } = result.reward;
        assert.ok(ci95[0] < mean && mean < ci95[1]);
        assert.equal(result.samples.length, 6);

        const { id } = await ask("evaluations", request);
        await until(id, ({ progress }) => progress.step >= 1);
        await ask(`training-jobs/${id}/pause`, {});
        const { status } = await until(id, ({ status }) => ["paused", "succeeded"].includes(status));
        if (status === "paused") await ask(`training-jobs/${id}/resume`, {});
        await until(id, ({ progress, status }) => progress.step >= 3 || status === "succeeded");
        server.process.kill("SIGKILL");
        await server.ended;
        server = await spawnServer(env);
        assert.deepEqual((await ended(id)).result, result);
        const rows = async (id: string) =>
          (await ask(`training-jobs/${id}/metrics`)).data.map((row: Record<string, number>) =>
            Object.fromEntries(Object.entries(row).filter(([name]) => /^(step|eval\/)/.test(name)))
          );
        assert.deepEqual(await rows(id), await rows(whole.id));
        assert.equal((await rows(id)).length, 6);
      } finally {
        server.process.kill("SIGKILL");
        await server.ended;
      }
    }),
});
