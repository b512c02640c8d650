/** Spans of training steps, from the events that tell of them: the trainer itself knows nothing of tracing. */
import type { EngineEvent } from "../contract/protocol.ts";
import { recordSpan } from "../tracing.ts";

/** @param parent the command's span. @returns what is told each event of the command */
export function stepSpans(parent: string | undefined): (event: EngineEvent) => void {
  if (parent === undefined) return () => {};
  let since = Date.now();
  return (event) => {
    const now = Date.now();
    if (event.type === "step") {
      const { step, epoch } = event.progress;
      const attributes = { "proximal.step": step, "proximal.epoch": epoch };
      recordSpan("step", { parent, start: since, end: now, attributes });
    }
    // What happens between steps, as a checkpoint does, is in none of them.
    since = now;
  };
}
