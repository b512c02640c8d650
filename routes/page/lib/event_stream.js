/** Server-Sent Events by fetch, which unlike EventSource can send a key and a body. */
import { createParser } from "eventsource-parser";
import { send } from "./api.js";

const RETRY_MS = 2000;

/** The events of one answer: `{ event, data, id }` each, `data` as text. */
export async function* eventStream(path, options = {}) {
  const response = await send(path, {
    ...options,
    headers: { accept: "text/event-stream", ...options.headers },
  });
  if (response.status === 204) return;
  const waiting = [];
  const parser = createParser({ onEvent: (event) => waiting.push(event) });
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parser.feed(decoder.decode(part.value, { stream: true }));
      yield* waiting.splice(0);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

const ENDS = ["training_job.succeeded", "training_job.failed", "training_job.cancelled"];

const seen = (signal) =>
  new Promise((resolve) => {
    if (!document.hidden || signal.aborted) return resolve();
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
    signal.addEventListener("abort", resolve, { once: true });
  });

/**
 * A job's events after the one with id `lastId`, until it has ended or the signal says so. Goes on where it was after the
 * stream broke off; while nobody looks at the page there is none, as browsers allow a server few connections.
 *
 * @param onState called with whether the stream is open
 */
export async function* jobEvents(id, lastId, signal, onState = () => {}) {
  for (;;) {
    await seen(signal);
    if (signal.aborted) return;
    const hidden = new AbortController();
    const onHide = () => document.hidden && hidden.abort();
    document.addEventListener("visibilitychange", onHide);
    try {
      const events = eventStream(`/v1/training-jobs/${id}/events`, {
        signal: AbortSignal.any([signal, hidden.signal]),
        headers: lastId ? { "last-event-id": lastId } : {},
      });
      onState(true);
      for await (const event of events) {
        lastId = event.id;
        const told = JSON.parse(event.data);
        yield told;
        if (ENDS.includes(told.type)) return;
      }
      // An answer without events: the job is over.
      const { status } = await (await send(`/v1/training-jobs/${id}`, { signal })).json();
      if (["succeeded", "failed", "cancelled"].includes(status)) return;
    } catch (error) {
      if (signal.aborted || error.status === 404) return;
    } finally {
      onState(false);
      document.removeEventListener("visibilitychange", onHide);
    }
    await new Promise((resolve) => setTimeout(resolve, hidden.signal.aborted ? 0 : RETRY_MS));
  }
}
