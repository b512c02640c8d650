/**
 * A job whose reward is a service's, on a real server and a real engine: it ends as one with the same reward worked out
 * here, through pauses and kills while the service hangs, and what opens the service is nowhere to be seen.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "./core/jobs/supervised.ts";
import { inFolder } from "./core/networks/in_folder.ts";
import { Receiver } from "./core/webhooks/receiver.ts";
import { spawnServer } from "./spawn_server.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const KEY = "Bearer very-private-key";

const JOB = {
  kind: "ppo",
  model: "tiny",
  prompts: ["drums", "bike", "meeting", "bread"].map((word, at) => ({
    text: `POST: Something happened with my ${word}.\nTL;DR:`,
    metadata: { number: String(at) },
  })),
  epochs: 4,
  ppo: { batch_size: 2, max_new_tokens: 12, learning_rate: 1e-3 },
  seed: 7,
};
const STEPS = 8;

// deno-lint-ignore no-explicit-any
type Json = any;

/** What a `keywords` reward of "e" gives. */
const score = ({ completion }: { completion: string }) => completion.includes("e") ? 1 : 0;

Deno.test({
  name: "a job asks a service for its rewards, and ends as one that has them itself",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (parent) => {
      /** From which request on the service hangs; none that hangs is ever answered. */
      let hangs = Infinity;
      let hung = Promise.withResolvers<void>();
      const forever = Promise.withResolvers<void>();
      const receiver = new Receiver(async (count, { body }) => {
        if (count >= hangs) {
          hung.resolve();
          await forever.promise;
        }
        return Response.json({ scores: body.items.map(score) });
      });
      const env = {
        ...{ DATA_DIR: join(parent, "data"), THREADS: "1", LOG_LEVEL: "debug" },
        OUTBOUND_ALLOW: "127.0.0.1",
      };
      let server = await spawnServer(env);
      const logs: string[] = [];
      const seen: string[] = [];
      const call = async (method: string, path: string, body?: unknown): Promise<Json> => {
        const response = await fetch(`${server.url}/v1${path}`, {
          method,
          headers: { "content-type": "application/json" },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        const text = await response.text();
        seen.push(text);
        assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
        return JSON.parse(text);
      };
      const reaches = (id: string, ...wanted: string[]) =>
        eventually(async () => {
          const job = await call("GET", `/training-jobs/${id}`);
          return wanted.includes(job.status) && job;
        });
      const hangFrom = (request: number) => {
        hung = Promise.withResolvers<void>();
        hangs = request;
      };
      const outcome = async (id: string) => {
        const { data: rows } = await call("GET", `/training-jobs/${id}/metrics`);
        const { data: checkpoints } = await call("GET", `/training-jobs/${id}/checkpoints?limit=100`);
        return {
          rows: rows.map((row: Record<string, number>) =>
            Object.fromEntries(
              Object.entries(row).filter(([name]) =>
                !/^(time|memory|reward)\/|_per_second$|^eps$/.test(name)
              ),
            )
          ),
          files: checkpoints.filter(({ reason }: Json) => reason === "epoch").map(({ files }: Json) => files),
        };
      };
      const reward = {
        ...{ type: "http", url: receiver.url, headers: { authorization: KEY }, secret: SECRET },
        ...{ batch_size: 1, timeout_ms: 600_000 },
      };
      try {
        const own = { type: "keywords", keywords: ["e"], case_sensitive: true };
        const { id: here } = await call("POST", "/training-jobs", { ...JOB, reward: own });
        await reaches(here, "succeeded");

        hangFrom(6);
        const created = await call("POST", "/training-jobs", { ...JOB, reward });
        assert.deepEqual(created.config.reward.headers, { authorization: "***" });
        assert.equal(created.config.reward.secret, undefined);
        const { id } = created;
        await hung.promise;
        const asked = receiver.received.length;
        await call("POST", `/training-jobs/${id}/pause`);
        const { progress } = await reaches(id, "paused");
        assert.ok(progress.step > 0 && progress.step < STEPS, JSON.stringify(progress));
        hangFrom(asked + 4);
        await call("POST", `/training-jobs/${id}/resume`);
        await hung.promise;
        // What hung is asked again by the same id.
        const again = receiver.received.slice(asked).map(({ body }) => body.id);
        assert.ok(receiver.received.slice(0, asked).some(({ body }) => again.includes(body.id)));
        server.process.kill("SIGKILL");
        logs.push(await server.ended);
        hangs = Infinity;
        server = await spawnServer(env);
        await reaches(id, "succeeded");
        assert.deepEqual(await outcome(id), await outcome(here));
        const { data: [row] } = await call("GET", `/training-jobs/${id}/metrics?limit=1`);
        for (const name of ["mean", "std", "seconds", "failed"]) {
          assert.ok(`reward/http/${name}` in row, name);
        }
        const [{ headers, body }] = receiver.received as [typeof receiver.received[0]];
        assert.equal(headers.get("authorization"), KEY);
        assert.ok(headers.get("webhook-signature"));
        assert.match(body.items[0].metadata.number, /^[0-3]$/);

        hangFrom(receiver.received.length + 3);
        const { id: cancelled } = await call("POST", "/training-jobs", { ...JOB, reward });
        await hung.promise;
        await call("POST", `/training-jobs/${cancelled}/cancel`);
        await reaches(cancelled, "cancelled");
        hangs = Infinity;

        const items = ["yes", "no"].map((completion) => ({ prompt: "POST: a", completion }));
        const scored = await call("POST", "/scores", { model: "tiny", items, reward, tokens: false });
        assert.deepEqual(scored.data.map((one: Json) => one.reward), [1, 0]);
        await call("GET", "/training-jobs");
        for (const one of [here, id, cancelled]) {
          await call("GET", `/training-jobs/${one}/events?limit=1000`);
          await call("GET", `/training-jobs/${one}/logs`);
        }
      } finally {
        server.process.kill("SIGTERM");
        forever.resolve();
        logs.push(await server.ended);
        await receiver.close();
      }
      for (const text of [...seen, ...logs]) {
        assert.ok(!text.includes("very-private") && !text.includes(SECRET.slice(6)), text.slice(0, 2000));
      }
      assert.ok(!await isWrittenIn(join(parent, "data", "jobs"), "very-private"));
    }),
});

/** Whether a text is in any file below a folder. */
async function isWrittenIn(folder: string, text: string): Promise<boolean> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory ? await isWrittenIn(path, text) : (await Deno.readTextFile(path)).includes(text)) {
      return true;
    }
  }
  return false;
}
