/** Datasets on a server as people run it: with its permissions, killed in the middle of things. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type RunningServer, startServer } from "../tasks/start_server.ts";
import { eventually } from "./core/jobs/supervised.ts";
import { inFolder } from "./core/networks/in_folder.ts";

const ROWS = ["A cat.", "A dog.", "My sister has my bike.", "Bread.", "An old book.", "Rain."];

async function ask({ url }: RunningServer, path: string, body?: unknown) {
  const answer = await fetch(url + path, {
    ...(body !== undefined && {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  });
  return await answer.json();
}

async function kill({ pid, ended }: RunningServer): Promise<void> {
  Deno.kill(pid, "SIGKILL");
  await ended;
}

/** Names and hashes of the files of a job's last checkpoint, once it has succeeded. */
async function outcome(server: RunningServer, id: string) {
  const job = await eventually(async () => {
    const job = await ask(server, `/v1/training-jobs/${id}`);
    assert.notEqual(job.status, "failed", JSON.stringify(job.error));
    return job.status === "succeeded" && job;
  });
  const { files } = await ask(server, `/v1/checkpoints/${job.checkpoint}`);
  return { files, attempts: job.attempts.length };
}

Deno.test("a server that is killed leaves no half dataset, and its jobs go on with the same rows", () =>
  inFolder(async (parent) => {
    const env = { DATA_DIR: join(parent, "data") };
    const folder = join(env.DATA_DIR, "datasets");
    const names = () =>
      Array.fromAsync(Deno.readDir(folder)).then((all) => all.map(({ name }) => name), () => []);
    let server = await startServer(env);
    try {
      // A body that never ends.
      const { hostname, port } = new URL(server.url);
      const connection = await Deno.connect({ hostname, port: Number(port) });
      await connection.write(new TextEncoder().encode(
        "POST /v1/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/jsonl\r\n" +
          'Content-Length: 1000000\r\n\r\n{"prompt":"a"}\n',
      ));
      await eventually(async () => (await names()).length === 1);
      await kill(server);
      connection.close();
      assert.equal((await names()).length, 1);
      server = await startServer(env);
      assert.deepEqual(await names(), []);

      const sent = await fetch(`${server.url}/v1/datasets`, {
        method: "POST",
        headers: { "content-type": "text/csv" },
        body: "question,n\n" + ROWS.map((row, at) => `"POST: ${row}\nTL;DR:",${at}\n`).join(""),
      });
      const dataset = await sent.json();
      assert.equal(sent.status, 201, JSON.stringify(dataset));
      const request = {
        ...{ kind: "ppo", model: "tiny", dataset: dataset.id, columns: { prompt: "question" }, epochs: 6 },
        ...{ ppo: { batch_size: 2, max_new_tokens: 8 }, checkpoint_every_steps: 1 },
        reward: { type: "length", target: 6 },
      };
      const undisturbed = await ask(server, "/v1/training-jobs", request);
      const expected = await outcome(server, undisturbed.id);
      const { id } = await ask(server, "/v1/training-jobs", request);
      await eventually(async () => (await ask(server, `/v1/training-jobs/${id}`)).progress.step >= 3);
      await kill(server);
      server = await startServer(env);
      const found = await outcome(server, id);
      assert.ok(found.attempts >= 1);
      assert.deepEqual(found.files, expected.files);
      const inline = await ask(server, "/v1/training-jobs", {
        ...{ ...request, dataset: undefined, columns: undefined },
        prompts: ROWS.map((row) => `POST: ${row}\nTL;DR:`),
      });
      assert.deepEqual((await outcome(server, inline.id)).files, expected.files);
    } finally {
      await server.stop();
    }
  }));
