/**
 * A streaming generation as Server-Sent Events. Until the first piece it can fail like any request, with a status;
 * afterwards with an event. How pieces look is the caller's.
 */
import type { Context } from "hono";
import { type SSEMessage, streamSSE } from "hono/streaming";
import { type GenerateCommand, generationStream } from "../core/processes/generation_stream.ts";
import type { GenerationDelta, GenerationResult } from "../core/contract/generation.ts";
import { asker } from "./asker.ts";
import type { AppContext, Env } from "./context.ts";
import { type Problem, problemOf } from "./problem.ts";

export interface GenerationForms {
  /** The messages of a piece, in order. */
  delta: (delta: GenerationDelta) => SSEMessage[];
  /** After the last piece; null for nothing. */
  usage: (usage: GenerationResult["usage"]) => SSEMessage | null;
  /** Instead of the rest. */
  error: (problem: Problem) => SSEMessage;
}

/** What ends a stream that is complete, as OpenAI's do. */
const DONE: SSEMessage = { data: "[DONE]" };

/**
 * Answers `command` as events, from its first piece on; a client that goes away cancels it.
 *
 * @throws UserError what went wrong before the first piece
 */
export async function generationEvents(
  c: Context<Env>,
  { serving }: AppContext,
  command: GenerateCommand,
  forms: GenerationForms,
): Promise<Response> {
  const gone = new AbortController();
  const { client, signal: left } = asker(c);
  const signal = AbortSignal.any([left, gone.signal]);
  const pieces = generationStream(serving, command, { client, signal });
  let next = await pieces.next();
  c.header("x-accel-buffering", "no");
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => gone.abort());
    try {
      for (; !next.done; next = await pieces.next()) {
        for (const message of forms.delta(next.value)) await stream.writeSSE(message);
      }
      const usage = forms.usage(next.value);
      if (usage) await stream.writeSSE(usage);
      await stream.writeSSE(DONE);
    } catch (thrown) {
      if (signal.aborted) return;
      await stream.writeSSE(forms.error(await problemOf(thrown, c).json()));
    } finally {
      await pieces.return({ prompt_tokens: 0, completion_tokens: 0 });
    }
  });
}
