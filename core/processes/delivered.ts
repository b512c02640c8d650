/** What of a streaming generation has been said, so that one that is begun again goes on where it was cut. */
import type { GenerationDelta } from "../contract/generation.ts";

interface Said {
  tokens: number;
  /** UTF-16 units. */
  text: number;
  ended: boolean;
}

const NOTHING: Said = { tokens: 0, text: 0, ended: false };

/**
 * Counts the pieces of one generation. Tokens and text depend on the request alone, so what was said before a new
 * beginning is left out when it comes again.
 */
export class Delivered {
  readonly #said = new Map<string, Said>();
  #again = new Map<string, Said>();

  /** The generation begins anew. */
  restart(): void {
    this.#again = new Map();
  }

  /** What of these pieces has not been said. */
  fresh(deltas: readonly GenerationDelta[]): GenerationDelta[] {
    return deltas.flatMap((delta) => {
      const key = `${delta.prompt_index}.${delta.index}`;
      const said = this.#said.get(key) ?? NOTHING;
      const begin = this.#again.get(key) ?? NOTHING;
      const ended = delta.finish_reason !== null;
      const end = {
        tokens: begin.tokens + delta.token_ids.length,
        text: begin.text + delta.text.length,
        ended,
      };
      this.#again.set(key, end);
      if (said.ended || (end.tokens <= said.tokens && !ended)) return [];
      this.#said.set(key, end);
      const known = Math.max(0, said.tokens - begin.tokens);
      if (known === 0) return [delta];
      return [{
        ...delta,
        text: delta.text.slice(Math.max(0, said.text - begin.text)),
        token_ids: delta.token_ids.slice(known),
        ...(delta.logprobs && { logprobs: delta.logprobs.slice(known) }),
        ...(delta.tokens && { tokens: delta.tokens.slice(known) }),
        ...(delta.text_offsets && { text_offsets: delta.text_offsets.slice(known) }),
      }];
    });
  }
}
