import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { Schedule } from "../../../core/webhooks/schedule.ts";

/** Takes all turns that there are at a time. */
function taken(schedule: Schedule, now: number): string[] {
  const destinations: string[] = [];
  for (let turn = schedule.take(now); turn; turn = schedule.take(now)) destinations.push(turn.destination);
  return destinations;
}

Deno.test("Schedule tries a receiver that is not known to answer once at a time, and one that answers eight times", () => {
  const schedule = new Schedule();
  for (let i = 0; i < 20; i++) schedule.add(`job_${i}`, "https://a.example/hook");
  assert.deepEqual(taken(schedule, 0), ["job_0"]);
  assert.equal(schedule.wait(0), Infinity, "nobody's turn comes before that one is over");
  schedule.done("job_0", true, 1);
  assert.deepEqual(taken(schedule, 1), Array.from({ length: 8 }, (_, i) => `job_${i + 1}`));
  schedule.done("job_1", false, 2);
  assert.deepEqual(taken(schedule, 10_000), [], "seven others are in progress, and it has just failed");
});

Deno.test("Schedule lets no number of receivers that hang delay one that is known to answer, or a new one", () => {
  const schedule = new Schedule();
  schedule.add("good", "https://good.example/");
  schedule.take(0);
  schedule.done("good", true, 0);
  for (let i = 0; i < 10_000; i++) schedule.add(`hung_${i}`, `https://hung.example/${i}`);
  for (let i = 0; i < 10_000; i++) schedule.add(`dead_${i}`, `https://dead-${i}.example/`);
  // They take all that they may have, in a minute.
  let trying = 0;
  for (let now = 0; now < 60_000; now += 100) trying += taken(schedule, now).length;
  assert.ok(trying > 0 && trying <= 200, `${trying}`);
  schedule.add("good", "https://good.example/");
  assert.deepEqual(taken(schedule, 60_000), ["good"]);
  // A place that comes free is the newest receiver's.
  schedule.add("new", "https://new.example/");
  schedule.done("dead_9999", false, 60_000);
  assert.deepEqual(taken(schedule, 60_000), ["new"]);
});

Deno.test("Schedule tries receivers that refuse no more than fifty times a second, however many wait", () => {
  const schedule = new Schedule();
  for (let i = 0; i < 10_000; i++) schedule.add(`d_${i}`, `https://a.example/${i % 5000}`);
  let tries = 0;
  let now = 0;
  while (now < 60_000) {
    for (const destination of taken(schedule, now)) {
      tries++;
      schedule.done(destination, false, now);
      schedule.add(destination, `https://a.example/${Number(destination.slice(2)) % 5000}`);
    }
    const wait_ms = schedule.wait(now);
    assert.ok(wait_ms > 0 && wait_ms < 1000, `${wait_ms}`);
    now += Math.max(1, wait_ms);
  }
  assert.ok(tries > 2000 && tries <= 50 + 60 * 50, `${tries}`);
});

Deno.test("revive() has a receiver that failed tried at once", () => {
  const schedule = new Schedule();
  for (let i = 0; i < 100; i++) schedule.add(`job_${i}`, "https://a.example/");
  const [first] = taken(schedule, 0);
  schedule.done(first!, false, 0);
  assert.deepEqual(taken(schedule, 1), []);
  schedule.revive("https://a.example/");
  assert.equal(taken(schedule, 1).length, 1);
});

Deno.test("Every destination has its turn, one at a time, and nobody waits for nothing", () => {
  const step = fc.record({
    destination: fc.integer({ min: 0, max: 30 }),
    url: fc.integer({ min: 0, max: 5 }),
    accepted: fc.constantFrom(true, false, null),
    after_ms: fc.integer({ min: 0, max: 300 }),
  });
  fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
    const schedule = new Schedule();
    const urls = new Map<string, string>();
    const sending = new Set<string>();
    let now = 0;
    const takeAll = () => {
      for (const destination of taken(schedule, now)) {
        assert.ok(urls.has(destination) && !sending.has(destination), destination);
        sending.add(destination);
      }
    };
    const finish = (accepted: boolean | null) => {
      for (const destination of sending) {
        sending.delete(destination);
        urls.delete(destination);
        schedule.done(destination, accepted, now);
      }
    };
    for (const { destination, url, accepted, after_ms } of steps) {
      const name = `d_${destination}`;
      if (!urls.has(name)) {
        urls.set(name, `https://host-${url % 3}.example/${url}`);
        schedule.add(name, urls.get(name)!);
      }
      takeAll();
      now += after_ms;
      finish(accepted);
    }
    for (let round = 0; urls.size > 0; round++) {
      assert.ok(round < 1000, `${urls.size} never have their turn`);
      takeAll();
      if (sending.size === 0) now += Math.max(1, schedule.wait(now));
      assert.ok(Number.isFinite(now));
      finish(round % 2 === 0);
    }
  }));
});
