/**
 * A job on a real server and a real engine, stopped in every way there is: it ends with the rows and the bytes of the one
 * that nothing disturbed.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "./core/jobs/supervised.ts";
import { inFolder } from "./core/networks/in_folder.ts";
import { spawnServer } from "./spawn_server.ts";

const PROMPTS = ["drums", "bike", "meeting", "bread", "garden", "train"].map((word) =>
  `POST: Something happened with my ${word}.\nTL;DR:`
);

/** Long enough that a step takes as long as it takes to stop it. */
const EXAMPLES = PROMPTS.concat(PROMPTS, PROMPTS, PROMPTS).map((prompt, index) => ({
  prompt,
  completion: ` my ${["drums", "bread", "garden"][index % 3]} is gone,`.repeat(15 + index),
}));

/** Of 18 steps each. */
const JOBS: Record<string, Record<string, unknown>> = {
  ppo: {
    prompts: PROMPTS,
    epochs: 6,
    ppo: { batch_size: 2, max_new_tokens: 16, learning_rate: 1e-3 },
    reward: { type: "length", target: 6 },
  },
  sft: {
    examples: EXAMPLES,
    epochs: 6,
    held_out: 2,
    trainable: { type: "lora", dropout: 0.1 },
    sft: { batch_size: 8, learning_rate: 1e-3 },
    keep: { last: 99, best_by: "held_out/loss" },
  },
};
const STEPS = 18;
/** On a busy machine a job may come to its end before all was done to it; then it is done to another. */
const TRIES = 5;

// deno-lint-ignore no-explicit-any
type Json = any;

async function ask(url: string, path: string, method = "GET", body?: unknown): Promise<Json> {
  const response = await fetch(`${url}/v1/training-jobs${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
  return await response.json();
}

/** What of a job does not depend on when it ran. */
async function traces(url: string, id: string) {
  const { data: rows } = await ask(url, `/${id}/metrics`);
  const { data: events } = await ask(url, `/${id}/events?limit=1000`);
  const { data: checkpoints } = await ask(url, `/${id}/checkpoints?limit=100`);
  const [rollouts, tokens] = await Promise.all(["rollouts", "attributions"].map(async (part) => {
    const response = await fetch(`${url}/v1/training-jobs/${id}/${part}?format=ndjson`);
    return await response.text();
  }));
  const measured = /^time\/|^reward\/.*\/seconds$|^memory\/|^eps$|tokens_per_second$/;
  return {
    rollouts,
    tokens,
    rows: rows.map((row: Record<string, number>) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => !measured.test(name)))
    ),
    told: events.map(({ type, data }: Json) => {
      const { epoch, step = data.progress?.step, reason } = data.checkpoint ?? data;
      return [type.replace("training_job.", ""), epoch, step, reason].join(" ").trim();
    }).filter((text: string) => !/attempt|requeued|paus|resumed/.test(text)),
    files: checkpoints.filter(({ reason }: Json) => reason === "epoch")
      .map(({ epoch, step, files }: Json) => ({ epoch, step, files })),
  };
}

for (const [kind, job] of Object.entries(JOBS)) {
  Deno.test({
    name: `${kind}: a job that is stopped in every way ends as the one that nothing disturbed`,
    ignore: Deno.build.os !== "linux",
    fn: () =>
      inFolder(async (parent) => {
        const env = { DATA_DIR: join(parent, "data"), THREADS: "1", LOG_LEVEL: "info" };
        let server = await spawnServer(env);
        try {
          const until = (id: string, check: (job: Json) => boolean) =>
            eventually(async () => {
              const job = await ask(server.url, `/${id}`);
              assert.notEqual(job.status, "failed", JSON.stringify(job.error));
              return check(job) && job;
            });
          const again = async (signal: Deno.Signal) => {
            server.process.kill(signal);
            await server.ended;
            server = await spawnServer(env);
          };
          const create = async () =>
            (await ask(server.url, "", "POST", { kind, model: "tiny", seed: 7, ...job })).id as string;

          const undisturbed = await create();
          await until(undisturbed, ({ status }) => status === "succeeded");
          const expected = await traces(server.url, undisturbed);
          assert.equal(expected.rows.length, STEPS);

          /** Stops a job in all ways; gives its attempts, of which there are fewer than four if it was over before. */
          const disturb = async (id: string) => {
            const step = (at: number) => until(id, ({ progress }) => progress.step >= Math.min(at, STEPS));
            const { progress } = await step(2);
            if (progress.step < STEPS) {
              await fetch(`${server.url}/v1/training-jobs/${id}/pause`, { method: "POST" })
                .then((response) => response.body?.cancel());
            }
            const paused = await until(id, ({ status }) => ["paused", "succeeded"].includes(status));
            if (paused.status === "paused") {
              assert.ok(paused.progress.step < STEPS);
              await again("SIGTERM");
              assert.equal((await ask(server.url, `/${id}`)).status, "paused");
              await ask(server.url, `/${id}/resume`, "POST");
              await step(paused.progress.step + 1);
              await again("SIGTERM");
              await step(paused.progress.step + 2);
              await again("SIGKILL");
              await step(paused.progress.step + 3);
              // Whichever of them trains; the other has nothing to do.
              for (const engine of server.engines()) Deno.kill(engine, "SIGKILL");
            }
            const { attempts } = await until(id, ({ status }) => status === "succeeded");
            assert.deepEqual(await traces(server.url, id), expected);
            assert.equal(attempts.at(-1).error, null);
            return attempts as Json[];
          };
          let attempts: Json[] = [];
          for (let tries = 0; tries < TRIES && attempts.length < 4; tries++) {
            attempts = await disturb(await create());
          }
          assert.ok(attempts.length >= 4, JSON.stringify(attempts));
        } finally {
          server.process.kill("SIGTERM");
          await server.ended;
        }
      }),
  });
}
