import assert from "node:assert/strict";
import {
  hasEngine,
  isFinal,
  JOB_STATUSES,
  statesBefore,
  TRANSITIONS,
} from "../../../core/contract/job_states.ts";

Deno.test("TRANSITIONS let every job end, and leave no state out of reach", () => {
  const reach = (from: (typeof JOB_STATUSES)[number], seen = new Set<string>()): Set<string> => {
    if (seen.has(from)) return seen;
    seen.add(from);
    TRANSITIONS[from].forEach((to) => reach(to, seen));
    return seen;
  };
  assert.equal(reach("queued").size, JOB_STATUSES.length);
  for (const status of JOB_STATUSES) {
    assert.ok([...reach(status)].some((to) => isFinal(to as typeof status)), status);
    for (const to of TRANSITIONS[status]) assert.ok(statesBefore(to).includes(status));
  }
});

Deno.test("isFinal() and hasEngine() tell three kinds of states apart", () => {
  assert.deepEqual(JOB_STATUSES.filter(isFinal), ["succeeded", "failed", "cancelled"]);
  assert.deepEqual(JOB_STATUSES.filter(hasEngine), ["running", "pausing", "cancelling"]);
});

Deno.test("docs/jobs.md draws every transition and no other", async () => {
  const text = await Deno.readTextFile(new URL("../../../docs/jobs.md", import.meta.url));
  const drawn = [...text.matchAll(/^ {2}(\w+) --> (\w+)/gm)].map(([, from, to]) => `${from} ${to}`).sort();
  const real = JOB_STATUSES.flatMap((from) => TRANSITIONS[from].map((to) => `${from} ${to}`)).sort();
  assert.deepEqual(drawn, real);
});
