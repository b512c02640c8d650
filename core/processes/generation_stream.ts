/**
 * A streaming generation as the API process reads it. The engine never waits for a reader: what has not been read is
 * merged into one piece per completion, and a reader that falls too far behind loses its generation.
 */
import { UserError } from "../errors.ts";
import type { Request } from "./engine_process.ts";
import type { GenerationDelta, GenerationResult } from "../contract/generation.ts";
import type { ServingEngine } from "./serving_engine.ts";

/** Tokens that may wait for a reader: some megabytes of text. */
const MAX_UNREAD_TOKENS = 65_536;

export type GenerateCommand = Extract<Request, { type: "generate" }>;

/** Joins a piece to the one before it of the same completion. */
function merge(before: GenerationDelta, after: GenerationDelta): GenerationDelta {
  before.token_ids.push(...after.token_ids);
  before.logprobs?.push(...after.logprobs!);
  before.tokens?.push(...after.tokens!);
  before.text_offsets?.push(...after.text_offsets!);
  before.token_bytes?.push(...after.token_bytes!);
  before.top_tokens?.push(...after.top_tokens!);
  before.top_logprobs?.push(...after.top_logprobs!);
  before.text += after.text;
  before.finish_reason = after.finish_reason;
  return before;
}

/**
 * Yields the pieces of all completions as they come and returns the usage. Leaving early cancels the engine's work.
 *
 * @throws UserError as the engine answers; from the first `next()` when there was no token yet. `cancelled` when the
 * reader is too slow.
 */
export async function* generationStream(
  serving: Pick<ServingEngine, "request">,
  command: GenerateCommand,
  { client, signal }: { client?: string; signal: AbortSignal },
): AsyncGenerator<GenerationDelta, GenerationResult["usage"], void> {
  const unread = new Map<string, GenerationDelta>();
  const abort = new AbortController();
  let unreadTokens = 0, ended = false, news = Promise.withResolvers<void>();
  const onDeltas = (deltas: GenerationDelta[]) => {
    for (const delta of deltas) {
      const key = `${delta.prompt_index}.${delta.index}`;
      const before = unread.get(key);
      unread.set(key, before ? merge(before, delta) : delta);
      unreadTokens += delta.token_ids.length;
    }
    if (unreadTokens > MAX_UNREAD_TOKENS) abort.abort();
    news.resolve();
  };
  const either = AbortSignal.any([signal, abort.signal]);
  const result = serving.request(command, { client, signal: either, onDeltas }).finally(() => {
    ended = true;
    news.resolve();
  });
  result.catch(() => {}); // it is awaited below, unless the reader leaves
  try {
    for (;;) {
      for (const [key, delta] of unread) {
        unread.delete(key);
        unreadTokens -= delta.token_ids.length;
        yield delta;
      }
      if (ended) return (await result).usage;
      await news.promise;
      news = Promise.withResolvers();
    }
  } catch (thrown) {
    if (!abort.signal.aborted) throw thrown;
    const detail = `The answer was read too slowly: more than ${MAX_UNREAD_TOKENS} tokens were waiting`;
    throw new UserError("cancelled", detail);
  } finally {
    abort.abort();
  }
}
