/** A job whose reward is a module of the user's own, on a real server and a real engine. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "./core/jobs/supervised.ts";
import { inFolder } from "./core/networks/in_folder.ts";
import { spawnServer } from "./spawn_server.ts";

const JOB = {
  kind: "ppo",
  model: "tiny",
  prompts: ["drums", "bike"].map((word) => `POST: Something happened with my ${word}.\nTL;DR:`),
  epochs: 200,
  ppo: { batch_size: 2, max_new_tokens: 4 },
};

// deno-lint-ignore no-explicit-any
type Json = any;

Deno.test({
  name: "a job has the module that it was created with, or fails by what is wrong",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (parent) => {
      const data = join(parent, "data");
      const path = join(data, "rewards", "vowels.ts");
      await Deno.mkdir(join(data, "rewards"), { recursive: true });
      const write = (by: number) =>
        Deno.writeTextFile(
          path,
          `export const score = (item: { completion: string }) => ${by} * (item.completion.match(/[aeiou]/g)?.length ?? 0);\n`,
        );
      await write(1);
      const server = await spawnServer({ DATA_DIR: data, THREADS: "1" });
      const call = async (method: string, path: string, body?: unknown): Promise<Json> => {
        const response = await fetch(`${server.url}/v1${path}`, {
          method,
          headers: { "content-type": "application/json" },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        return { status: response.status, ...await response.json() };
      };
      const reaches = (id: string, check: (job: Json) => boolean) =>
        eventually(async () => {
          const job = await call("GET", `/training-jobs/${id}`);
          return check(job) && job;
        });
      try {
        const reward = { type: "module", file: "vowels.ts" };
        const items = [{ prompt: "POST: a", completion: "queue" }];
        const { data: [scored] } = await call("POST", "/scores", {
          model: "tiny",
          items,
          reward,
          tokens: false,
        });
        assert.equal(scored.reward, 4);

        const none = await call("POST", "/training-jobs", {
          ...JOB,
          reward: { type: "module", file: "none.ts" },
        });
        assert.deepEqual([none.status, none.code], [422, "invalid_request"]);
        assert.deepEqual(none.errors.map((error: Json) => error.path), ["reward.file"]);

        const sum = {
          type: "sum",
          terms: [{ name: "vowels", reward }, { reward: { type: "length", target: 4 } }],
        };
        const created = await call("POST", "/training-jobs", { ...JOB, reward: sum });
        assert.match(created.config.reward.terms[0].reward.sha256, /^[0-9a-f]{64}$/);
        const { id } = created;
        const { latest_metrics } = await reaches(id, ({ progress }) => progress.step >= 1);
        assert.ok("reward/vowels/mean" in latest_metrics && "reward/length/mean" in latest_metrics);
        await call("POST", `/training-jobs/${id}/pause`);
        await reaches(id, ({ status }) => status === "paused");
        await write(2);
        await call("POST", `/training-jobs/${id}/resume`);
        const { error } = await reaches(id, ({ status }) => status === "failed");
        assert.equal(error.code, "reward_failed");
        assert.match(error.detail, /'vowels\.ts' is not the one that is asked for/);
        assert.deepEqual(await Array.fromAsync(Deno.readDir(join(data, "reward-modules"))), []);
      } finally {
        server.process.kill("SIGTERM");
        await server.ended;
      }
    }),
});
