import assert from "node:assert/strict";
import { EventFeed } from "../../../core/jobs/event_feed.ts";

Deno.test("a reader waits until the feed grows, its time is up or it is told to stop", async () => {
  const feed = new EventFeed();
  const reader = feed.subscribe("a");
  const abort = new AbortController();
  feed.notify("a"); // before the wait
  await reader.next(60_000, abort.signal);
  const grown = reader.next(60_000, abort.signal);
  feed.notify("b");
  feed.notify("a");
  await grown;
  await reader.next(1, abort.signal);
  const stopped = reader.next(60_000, abort.signal);
  abort.abort();
  await stopped;
  await reader.next(60_000, abort.signal);
  reader.close();
});

Deno.test("a reader leaves nothing on its signal, however often it has waited", async () => {
  const feed = new EventFeed();
  const reader = feed.subscribe("a");
  const { signal } = new AbortController();
  let listeners = 0;
  for (const [name, change] of [["addEventListener", 1], ["removeEventListener", -1]] as const) {
    const original = signal[name].bind(signal);
    signal[name] = (type: string, listener: EventListener) => {
      listeners += change;
      original(type, listener);
    };
  }
  for (let event = 0; event < 5; event++) {
    const waited = reader.next(60_000, signal);
    assert.equal(listeners, 1);
    feed.notify("a");
    await waited;
  }
  await reader.next(1, signal);
  assert.equal(listeners, 0);
  reader.close();
});
