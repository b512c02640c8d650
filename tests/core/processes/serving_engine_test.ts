import assert from "node:assert/strict";
import { generationSchema } from "../../../core/contract/generation.ts";
import { ServingEngine, type ServingOptions } from "../../../core/processes/serving_engine.ts";
import { createLogger } from "../../../core/log.ts";
import { trainingJobSchema } from "../../../core/contract/training_job.ts";
import { BEHAVIOURS } from "../../fake_engine.ts";
import { eventually, PATIENCE_MS, startFakeEngine } from "../jobs/supervised.ts";

const command = (seed = 0, model = "m", rewards = {}) => ({
  type: "generate" as const,
  request: generationSchema.parse({ model: "m", prompts: ["a"], seed }),
  folders: { model: `/models/${model}`, rewards },
});

const reward = { type: "length" as const, target: 5 };
const check = {
  type: "check" as const,
  job: trainingJobSchema.parse({ kind: "ppo", model: "m", prompts: ["a"], reward }),
  folders: { model: "/models/m", rewards: {} },
};

const logger = createLogger("silent");

function serve(options: Partial<ServingOptions> = {}): ServingEngine {
  return new ServingEngine({
    start: () => startFakeEngine(logger),
    ...{ request_timeout_ms: PATIENCE_MS, memory_bytes: Infinity },
    ...options,
  });
}

/** Whether a process of this id runs. */
const lives = (pid: number) => Deno.stat(`/proc/${pid}`).then(() => true, () => false);

const linux = { ignore: Deno.build.os !== "linux" };

Deno.test("a process answers for one set of folders, checks have their own, and each stops when it is idle", async () => {
  const serving = serve();
  assert.deepEqual(serving.pids, []);
  const [plan] = await Promise.all([serving.request(check), serving.request(check)]);
  assert.equal(plan.steps, 2);
  assert.equal(serving.pids.length, 1);
  await serving.request(command());
  await serving.request(command(0, "m", { r: "/models/r" }));
  assert.equal(serving.pids.length, 3);
  await serving.close();
  await assert.rejects(serving.request(check), { code: "runtime_unavailable" });
  const brief = serve({ idle_timeout_ms: 100 });
  await brief.request(command());
  await eventually(() => brief.pids.length === 0);
  await brief.close();
});

Deno.test("what runs when the server stops is told so: it is no request that its client has ended", async () => {
  const serving = serve({ stop_grace_ms: 100 });
  const answers = [BEHAVIOURS.hang, BEHAVIOURS.deaf].map((seed) => serving.request(command(seed)));
  await Promise.all(answers.map((answer) => {
    answer.catch(() => {});
    return eventually(() => serving.pids.length > 0);
  }));
  await serving.close();
  for (const answer of answers) {
    await assert.rejects(answer, { code: "runtime_unavailable", message: /The server is stopping/ });
  }
});

Deno.test("a process that dies takes its requests with it, and the next request has a new one", async () => {
  const serving = serve();
  await assert.rejects(serving.request(command(BEHAVIOURS.die)), { code: "engine_crashed" });
  await serving.request(command());
  await serving.close();
});

Deno.test({
  name: "retire() lets processes answer, then go; the next request has a new one",
  ...linux,
  fn: async () => {
    const serving = serve();
    serving.retire();
    await serving.request(command());
    const [first] = serving.pids as [number];
    const stop = new AbortController();
    const hanging = serving.request(command(BEHAVIOURS.hang), { signal: stop.signal });
    serving.retire();
    await serving.request(command());
    assert.notEqual(serving.pids[0], first);
    assert.ok(await lives(first));
    stop.abort();
    await assert.rejects(hanging, { code: "cancelled" });
    await eventually(async () => !await lives(first));
    const [second] = serving.pids as [number];
    serving.retire();
    await eventually(async () => !await lives(second));
    await serving.close();
  },
});

Deno.test("processes that cannot be started take nobody's place", async () => {
  let refusals = 0;
  const serving = serve({
    start: () => {
      if (refusals++ < 10) throw new Error("Resource temporarily unavailable");
      return startFakeEngine(logger);
    },
    limits: { running: 1 },
  });
  for (let i = 0; i < 10; i++) await assert.rejects(serving.request(command()), /temporarily unavailable/);
  await serving.request(command());
  await serving.close();
});

Deno.test({
  name:
    "a cancelled request is answered at once; a process that goes on with it is ended, and others begin again",
  ...linux,
  fn: async () => {
    const serving = serve({ cancel_grace_ms: 300 });
    await serving.request(command());
    const [first] = serving.pids as [number];
    const stop = new AbortController();
    const deaf = serving.request(command(BEHAVIOURS.deaf), { signal: stop.signal });
    await serving.request(command());
    assert.equal(serving.pids[0], first);
    stop.abort();
    await assert.rejects(deaf, { code: "cancelled" });
    await eventually(async () => !await lives(first));
    await serving.request(command());
    await serving.close();
  },
});

Deno.test("a request that takes too long is answered by the server, whoever waits for it", async () => {
  const serving = serve({ request_timeout_ms: 1500, cancel_grace_ms: 100 });
  for (const behaviour of ["deaf", "hang", "silent"] as const) {
    await assert.rejects(serving.request(command(BEHAVIOURS[behaviour])), {
      code: "deadline_exceeded",
      message: /within 1.5 s/,
    }, behaviour);
  }
  await serving.close();
});

Deno.test("a request that another one's hang has interrupted is begun again, and who hangs again and again is sent away", async () => {
  let started = 0;
  const serving = serve({
    start: () => {
      started++;
      return startFakeEngine(logger, { text_ms: 300 });
    },
  });
  await serving.request(command());
  const stop = new AbortController();
  const bystander = serving.request(command(BEHAVIOURS.hang), { client: "b", signal: stop.signal });
  const endless = () => serving.request(command(BEHAVIOURS.endless_text), { client: "a" });
  await assert.rejects(endless(), { code: "damaged_model", message: /did not get through a text/ });
  await eventually(() => started === 2);
  assert.equal(serving.pids.length, 1, "the bystander waits on a new process");
  await assert.rejects(endless(), { code: "damaged_model", message: /did not get through a text/ });
  await assert.rejects(endless(), { code: "damaged_model", message: /not tried again for/ });
  await serving.request(command(), { client: "b" });
  stop.abort();
  await assert.rejects(bystander, { code: "cancelled" });
  await serving.close();
});

Deno.test("one client's requests leave places to another, in the engine and in the queue", async () => {
  const serving = serve({ limits: { running: 1, running_of_client: 1, waiting: 2 } });
  const stop = new AbortController();
  /** A request that does not end, and how it ended at last. */
  const hang = (client: string) =>
    serving.request(command(BEHAVIOURS.hang), { client, signal: stop.signal }).then(
      () => "answered",
      ({ code }) => code,
    );
  const [runs, waits, displaced] = [hang("a"), hang("a"), hang("a")];
  assert.equal(await hang("a"), "engine_busy", "it has its share");
  const second = hang("b");
  assert.equal(await displaced, "engine_busy", "it gave way to another client");
  stop.abort();
  assert.deepEqual(await Promise.all([runs, waits, second]), Array(3).fill("cancelled"));
  await serving.request(command(), { client: "c" });
  await serving.close();
});

Deno.test("however much one client has running, another's request runs beside it", async () => {
  const serving = serve({ limits: { running: 2, running_of_client: 1 } });
  const stop = new AbortController();
  const greedy = [1, 2, 3].map(() =>
    serving.request(command(BEHAVIOURS.hang), { client: "a", signal: stop.signal })
  );
  const ended = Promise.allSettled(greedy);
  await serving.request(command(), { client: "b" });
  stop.abort();
  assert.ok((await ended).every(({ status }) => status === "rejected"));
  await serving.close();
});

Deno.test({
  name:
    "an idle process makes room for another's folders, and what is idle is given back when it is asked for",
  ...linux,
  fn: async () => {
    const serving = serve({ limits: { processes: 2 } });
    await serving.request(command(0, "a"));
    await serving.request(command(0, "b"));
    const [a, b] = serving.pids as [number, number];
    await serving.request(command(0, "a"));
    await serving.request(command(0, "c"));
    assert.ok(serving.pids.includes(a) && !serving.pids.includes(b), "the least recently used left");
    const pids = serving.pids;
    assert.equal(await serving.giveBack(), true);
    for (const pid of pids) assert.ok(!await lives(pid));
    assert.equal(await serving.giveBack(), false);
    await serving.close();
  },
});

Deno.test({
  name:
    "processes that together hold more than their part of the memory stop while they are idle, but for the last",
  ...linux,
  fn: async () => {
    const serving = serve({ memory_bytes: 1 });
    for (const model of ["a", "b", "c"]) {
      await serving.request(command(0, model));
      assert.equal(serving.pids.length, 1);
    }
    await serving.close();
  },
});

Deno.test("processes that hang in texts leave room for other folders' before they are ended", async () => {
  const serving = serve({ limits: { processes: 1 }, stop_grace_ms: 100 });
  const hanging = serving.request(command(BEHAVIOURS.endless_text, "a"));
  await serving.request(command(0, "b"));
  assert.equal(serving.pids.length, 2);
  await Promise.all([assert.rejects(hanging, { code: "runtime_unavailable" }), serving.close()]);
});

/** Up to two engines, and the numbers of those that were started. */
function twoEngines() {
  const numbers: number[] = [];
  const serving = serve({
    engines: 2,
    start: (number) => {
      numbers.push(number);
      return startFakeEngine(logger);
    },
  });
  return { serving, numbers };
}

Deno.test("with several engines a request goes to the one with the fewest, which others do not wait for", async () => {
  const { serving, numbers } = twoEngines();
  // One after another they stay where the model is.
  for (let seed = 0; seed < 3; seed++) await serving.request(command());
  assert.deepEqual(numbers, [1]);
  const stop = new AbortController();
  const hanging = [0, 1, 2].map(() => serving.request(command(BEHAVIOURS.hang), { signal: stop.signal }));
  await eventually(() => [...serving.outstanding.values()].reduce((a, b) => a + b, 0) === 3);
  assert.deepEqual(numbers, [1, 2]);
  assert.deepEqual([...serving.outstanding.values()].toSorted(), [1, 2]);
  // Checks have one process, and it is their own.
  await Promise.all([serving.request(check), serving.request(check), serving.request(check)]);
  assert.deepEqual(numbers, [1, 2, 1]);
  stop.abort();
  for (const one of hanging) await assert.rejects(one, { code: "cancelled" });
  await serving.close();
});

Deno.test("among engines that are idle an adapter stays on the one that has it", async () => {
  const seen: string[] = [];
  const serving = serve({
    engines: 2,
    start: (number) => {
      const process = startFakeEngine(logger);
      const request = process.request.bind(process);
      process.request = ((given: ReturnType<typeof command>, ...rest: never[]) => {
        seen.push(`${number} ${(given.folders as { adapter?: string }).adapter}`);
        return (request as (...all: unknown[]) => unknown)(given, ...rest);
      }) as typeof process.request;
      return process;
    },
  });
  const of = (adapter: string, seed = 0) => {
    const one = command(seed);
    return { ...one, folders: { ...one.folders, adapter } };
  };
  await Promise.all([serving.request(of("a")), serving.request(of("b"))]);
  seen.length = 0;
  for (const adapter of ["b", "a", "b", "b", "a"]) await serving.request(of(adapter));
  assert.deepEqual(seen, ["2 b", "1 a", "2 b", "2 b", "1 a"]);
  await serving.close();
});

Deno.test("an engine that dies takes its own requests with it, and its number is another's then", async () => {
  const { serving, numbers } = twoEngines();
  const stop = new AbortController();
  const first = serving.request(command(BEHAVIOURS.hang), { signal: stop.signal });
  const dying = serving.request(command(BEHAVIOURS.die));
  await assert.rejects(dying, { code: "engine_crashed" });
  await eventually(() => serving.pids.length === 1);
  await serving.request(command());
  assert.deepEqual(numbers, [1, 2, 2]);
  stop.abort();
  await assert.rejects(first, { code: "cancelled" });
  await serving.close();
});

Deno.test("more engines of one set take no place of another's, and all of an idle set make room", async () => {
  const serving = serve({ engines: 2, limits: { processes: 2 } });
  const both = (model: string) => Promise.all([0, 1].map(() => serving.request(command(0, model))));
  await both("a");
  await both("b");
  const before = serving.pids;
  assert.equal(before.length, 4);
  await both("c");
  // The set that was used longest ago left as a whole.
  assert.deepEqual(serving.pids.filter((pid) => before.includes(pid)).toSorted(), before.slice(2).toSorted());
  assert.equal(serving.pids.length, 4);
  await serving.close();
});

Deno.test("where no second engine can be started, the first answers", async () => {
  let starts = 0;
  const serving = serve({
    engines: 2,
    start: () => {
      if (++starts > 1) throw new Error("Resource temporarily unavailable");
      return startFakeEngine(logger);
    },
  });
  await Promise.all([0, 1, 2].map(() => serving.request(command())));
  assert.equal(serving.pids.length, 1);
  await serving.close();
});
