import assert from "node:assert/strict";
import { generationSchema } from "../../../core/engine/requests.ts";
import { ServingEngine } from "../../../core/engine/serving_engine.ts";
import { createLogger } from "../../../core/log.ts";
import { BEHAVIOURS } from "../../fake_engine.ts";
import { eventually, startFakeEngine } from "../jobs/supervised.ts";

const command = (seed = 0) => ({
  type: "generate" as const,
  request: generationSchema.parse({ model: "m", prompts: ["a"], seed }),
  folders: { model: "/models/m", rewards: {} },
});

/** Whether a process of this id runs. */
const lives = (pid: number) => Deno.stat(`/proc/${pid}`).then(() => true, () => false);

Deno.test({
  name: "retire() lets the process answer, then go; the next request has a new one",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const serving = new ServingEngine({
      ...{ start: () => startFakeEngine(createLogger("silent")), max_pending: 4 },
      ...{ idle_timeout_ms: 60_000, stop_grace_ms: 5000, cancel_grace_ms: 5000 },
    });
    serving.retire();
    await serving.request(command());
    const first = serving.pid!;
    const stop = new AbortController();
    const hanging = serving.request(command(BEHAVIOURS.hang), stop.signal);
    serving.retire();
    await serving.request(command());
    assert.notEqual(serving.pid, first);
    assert.ok(await lives(first));
    stop.abort();
    await assert.rejects(hanging, { code: "cancelled" });
    await eventually(async () => !await lives(first));
    const second = serving.pid!;
    serving.retire();
    await eventually(async () => !await lives(second));
    await serving.close();
  },
});

Deno.test("processes that cannot be started take nobody's place", async () => {
  let refusals = 0;
  const logger = createLogger("silent");
  const serving = new ServingEngine({
    start: () => {
      if (refusals++ < 10) throw new Error("Resource temporarily unavailable");
      return startFakeEngine(logger);
    },
    ...{ max_pending: 4, idle_timeout_ms: 60_000, stop_grace_ms: 5000, cancel_grace_ms: 5000 },
  });
  for (let i = 0; i < 10; i++) await assert.rejects(serving.request(command()), /temporarily unavailable/);
  await serving.request(command());
  await serving.close();
});

Deno.test({
  name: "a process that a cancelled request cannot end is killed, and the next request has a new one",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const serving = new ServingEngine({
      ...{ start: () => startFakeEngine(createLogger("silent")), max_pending: 4 },
      ...{ idle_timeout_ms: 60_000, stop_grace_ms: 5000, cancel_grace_ms: 50 },
    });
    const stop = new AbortController();
    const deaf = serving.request(command(BEHAVIOURS.deaf), stop.signal);
    await eventually(() => serving.pid !== null);
    const first = serving.pid!;
    await serving.request(command());
    stop.abort();
    await assert.rejects(deaf, { code: "engine_crashed" });
    await serving.request(command());
    assert.notEqual(serving.pid, first);
    await serving.close();
  },
});
