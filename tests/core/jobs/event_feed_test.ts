import assert from "node:assert/strict";
import { EventFeed } from "../../../core/jobs/event_feed.ts";

Deno.test("a reader waits until the feed grows, it is to show that it is alive or it is closed", async () => {
  const feed = new EventFeed();
  const reader = feed.subscribe("a");
  feed.notify("a"); // before the wait
  assert.equal(await reader.next(), "grown");
  const grown = reader.next();
  feed.notify("b");
  feed.notify("a");
  assert.equal(await grown, "grown");
  reader.wake("beat"); // not while it waits, so it was not silent
  const beat = reader.next();
  reader.wake("beat");
  assert.equal(await beat, "beat");
  const ended = reader.next();
  reader.close();
  assert.equal(await ended, "ended");
  feed.notify("a");
  assert.equal(await reader.next(), "ended");
});
