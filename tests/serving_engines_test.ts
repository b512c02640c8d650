/** Two engines behind one server: one is killed while both stream, and what is generated does not depend on which it is. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readLines } from "../core/contract/ndjson.ts";
import { eventually } from "./core/jobs/supervised.ts";
import { inFolder } from "./core/networks/in_folder.ts";
import { type SpawnedServer, spawnServer } from "./spawn_server.ts";

const PROMPT = "POST: My sister has my bike.\nTL;DR:";
const SHORT = { model: "tiny", prompts: [PROMPT], max_new_tokens: 24, logprobs: true };
/** Many long completions, which nobody waits for to end. */
const LONG = {
  ...{ model: "tiny", prompts: [PROMPT], n: 64 },
  ...{ max_new_tokens: 400, temperature: 50, stream: true },
};
/** On a busy machine a stream may come to its end before its engine is killed; then two others are begun. */
const TRIES = 5;

// deno-lint-ignore no-explicit-any
type Json = any;

async function generate({ url }: SpawnedServer, request: object): Promise<Json> {
  const response = await fetch(`${url}/v1/generations`, {
    ...{ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(request) },
  });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer.data;
}

/** The events of a stream, by name and data, until its reader has enough. */
async function* events({ url }: SpawnedServer, signal: AbortSignal): AsyncGenerator<[string, Json]> {
  const response = await fetch(`${url}/v1/generations`, {
    ...{
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(LONG),
      signal,
    },
  });
  let name = "";
  for await (const line of readLines(response.body!, 1_000_000)) {
    if (line.startsWith("event: ")) name = line.slice(7);
    else if (line.startsWith("data: {")) yield [name, JSON.parse(line.slice(6))];
  }
}

/** A stream that is read as it comes: how many pieces there were, and how it ended. */
class Reader {
  pieces = 0;
  end: string | null = null;
  readonly done: Promise<void>;
  readonly #begun = Promise.withResolvers<void>();

  constructor(server: SpawnedServer, signal: AbortSignal) {
    this.done = this.#read(events(server, signal)).catch(() => {}); // its reader has enough
  }

  /** Resolves with the first piece, or at the end. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  async #read(stream: AsyncGenerator<[string, Json]>): Promise<void> {
    for await (const [name, data] of stream) {
      if (name === "delta") this.pieces++;
      if (name === "error") this.end = data.code;
      this.#begun.resolve();
      // Else who waits for what is counted would have no turn while more is there to read.
      if (this.pieces % 64 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    this.end ??= "ended";
    this.#begun.resolve();
  }
}

/** Kills one of two engines while each has a stream; false where a stream had ended by then. */
async function killOne(server: SpawnedServer): Promise<boolean> {
  const over = new AbortController();
  const readers = [new Reader(server, over.signal), new Reader(server, over.signal)];
  try {
    await Promise.all(readers.map(({ begun }) => begun));
    const engines = server.engines();
    assert.equal(engines.length, 2);
    Deno.kill(engines[1]!, "SIGKILL");
    await eventually(() => Promise.resolve(readers.some(({ end }) => end !== null)));
    const failed = readers.find(({ end }) => end === "engine_crashed");
    const other = readers.find((one) => one !== failed)!;
    if (!failed || other.end === "ended") return false;
    const { pieces } = other;
    await eventually(() => Promise.resolve(other.end !== null || other.pieces > pieces + 100));
    assert.ok(other.end === null || other.end === "ended", String(other.end));
    return true;
  } finally {
    over.abort();
    await Promise.all(readers.map(({ done }) => done));
  }
}

Deno.test({
  name:
    "of two engines that stream one is killed: its requests fail, the other's go on, and texts stay the same",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (parent) => {
      const server = await spawnServer({
        DATA_DIR: join(parent, "data"),
        THREADS: "2",
        SERVING_ENGINES: "2",
      });
      try {
        const before = await generate(server, { ...SHORT, seed: 7 });
        assert.equal(server.engines().length, 1);
        for (let tries = 1; !await killOne(server); tries++) assert.ok(tries < TRIES);
        // The one that is left, and the one in the place of the other, say the same.
        await eventually(() => Promise.resolve(server.engines().length === 1));
        const after = await Promise.all([7, 7, 7, 8].map((seed) => generate(server, { ...SHORT, seed })));
        assert.equal(server.engines().length, 2);
        for (const texts of after.slice(0, 3)) assert.deepEqual(texts, before);
        assert.notDeepEqual(after[3], before);
        const metrics = await fetch(server.url + "/metrics").then((answer) => answer.text());
        assert.match(metrics, /proximal_serving_outstanding\{engine="2"\} 0/);
      } finally {
        server.process.kill("SIGTERM");
      }
      const log = await server.ended;
      assert.match(log, /"serving_engine":2/);
    }),
});

Deno.test({
  name: "with SERVING_PRECISION=int8 generations are the 8-bit model's, and scores stay what they are",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (parent) => {
      const answers = [];
      for (const SERVING_PRECISION of ["float32", "int8"]) {
        const server = await spawnServer({
          ...{ DATA_DIR: join(parent, SERVING_PRECISION), THREADS: "1", SERVING_PRECISION },
        });
        try {
          const [sampled] = await generate(server, { ...SHORT, seed: 7 });
          const { generation_precision } = await fetch(`${server.url}/v1/models`).then((answer) =>
            answer.json()
          );
          assert.equal(generation_precision, SERVING_PRECISION);
          const scores = await fetch(`${server.url}/v1/scores`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({
              model: "tiny",
              items: [{ prompt: PROMPT, completion: " My bike is gone." }],
            }),
          }).then((answer) => answer.json());
          assert.ok(scores.data, JSON.stringify(scores));
          answers.push({ sampled, scores: scores.data });
        } finally {
          server.process.kill("SIGTERM");
          await server.ended;
        }
      }
      const [exact, coarse] = answers as [Json, Json];
      assert.deepEqual(coarse.scores, exact.scores);
      assert.notDeepEqual(coarse.sampled.logprobs, exact.sampled.logprobs);
      // The first token has the same past in both.
      const first = [exact, coarse].map(({ sampled }) => sampled.logprobs[0]);
      assert.ok(Math.abs(first[0] - first[1]) < 0.2, first.join());
    }),
});
