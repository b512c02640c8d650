import assert from "node:assert/strict";
import { simulate } from "./simulated_launcher.ts";

Deno.test("jobs behind a launcher that queues, fails to place and loses engines: none is lost, none is run twice", async () => {
  const { jobs, placed, died } = await simulate(10, 2);
  assert.equal(jobs, 10);
  assert.equal(placed, jobs + died);
});
