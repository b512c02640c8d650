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
        // Refused where it has come to its end meanwhile.
        await fetch(`${server.url}/v1/training-jobs/${id}/pause`, { method: "POST" })
          .then((response) => response.body?.cancel());
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

Deno.test({
  name:
    "a job that evaluates on the way stops early with its best checkpoint, as the one does that a kill went through",
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
      const request = {
        ...{ kind: "ppo", model: "tiny", prompts: PROMPTS, epochs: 12, reward: REWARD, seed: 1 },
        ppo: { batch_size: 2, max_new_tokens: 12, learning_rate: 2e-3 },
        evaluate: { every_steps: 3, held_out: 2, samples_per_prompt: 2 },
        // Ever further from the reference: 0 before the first step is the best of all.
        early_stop: { metric: "eval/kl", patience: 4, min_delta: 0 },
        keep: { last: 1, best_by: "eval/avg_reward" },
        checkpoint_every_steps: 2,
      };
      try {
        const ids: string[] = [];
        for (const isKilled of [false, true]) {
          const { id } = await ask("training-jobs", request);
          ids.push(id);
          if (isKilled) {
            await until(id, ({ progress, status }) => progress.step >= 4 || status === "succeeded");
            server.process.kill("SIGKILL");
            await server.ended;
            server = await spawnServer(env);
          }
          await until(id, ({ status }) => status === "succeeded");
        }
        const traces = [];
        for (const id of ids) {
          const { stopped, progress, best_checkpoint } = await ask(`training-jobs/${id}`);
          const rows = (await ask(`training-jobs/${id}/metrics?scope=evaluation`)).data;
          const { data: events } = await ask(`training-jobs/${id}/events?limit=1000`);
          const told = events.filter(({ type }: { type: string }) => type.endsWith("evaluation.completed"));
          assert.deepEqual(
            // deno-lint-ignore no-explicit-any
            told.map(({ data }: any) => data.step),
            rows.map(({ step }: { step: number }) => step),
            "each evaluation once",
          );
          assert.deepEqual(events.at(-1).data.stopped ?? null, stopped);
          const { data: kept } = await ask(`training-jobs/${id}/checkpoints`);
          const figures = kept.map((one: { metrics: Record<string, number> }) =>
            one.metrics["eval/avg_reward"]
          )
            .filter((value: unknown) => typeof value === "number");
          const best = await ask(`checkpoints/${best_checkpoint}`);
          assert.equal(best.metrics["eval/avg_reward"], Math.max(...figures));
          const measured = rows.filter(({ step }: { step: number }) => step > 0)
            .map((row: Record<string, number>) => row["eval/avg_reward"]);
          assert.equal(best.metrics["eval/avg_reward"], Math.max(...measured), "of all that were evaluated");
          traces.push({
            ...{ stopped, step: progress.step, best: [best.step, best.files] },
            rows: rows.map(({ "time/evaluate_s": _, ...row }: Record<string, number>) => row),
          });
        }
        assert.deepEqual(traces[1], traces[0]);
        assert.equal(traces[0]!.rows[0].step, 0);
        assert.equal(traces[0]!.stopped.code, "early_stop");
        assert.equal(traces[0]!.step, 12);
        const unknown = await fetch(`${server.url}/v1/training-jobs`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ ...request, keep: { best_by: "reward" } }),
        });
        const problem = await unknown.json();
        assert.deepEqual([unknown.status, problem.errors[0].path], [422, "keep.best_by"]);
        assert.match(problem.detail, /eval\/avg_reward/);
      } finally {
        server.process.kill("SIGKILL");
        await server.ended;
      }
    }),
});
