/**
 * The text of one completion while its tokens come. What may still become a stop string or part of a character is
 * held back; where a stop string cuts the text is decided here and nowhere else. Stop tokens are the caller's.
 */
import { type IncrementalDecoder, incrementalDecoder } from "../tokenizer/incremental_decoder.ts";
import type { TextTokenizer } from "../tokenizer/tokenizer.ts";

export class CompletionText {
  readonly #decoder: IncrementalDecoder;
  readonly #stops: readonly string[];
  /** Decoded, and perhaps the beginning of a stop string. */
  #held = "";
  /** Certain, and not taken yet. */
  #certain = "";
  #length = 0;
  /** Whole characters that the decoder holds back with an unfinished one of the same token. */
  #open = "";
  #stopped = false;

  constructor(tokenizer: TextTokenizer, stops: readonly string[]) {
    this.#decoder = incrementalDecoder(tokenizer);
    this.#stops = stops;
  }

  /** UTF-16 units that the tokens have made so far, without an unfinished character and with a stop string. */
  get length(): number {
    return this.#length + this.#open.length;
  }

  /** Whether the text was cut at a stop string. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Takes in the next token; true when a stop string has come, after which there is no more text. */
  push(id: number): boolean {
    if (this.#stopped) return true;
    this.#append(this.#decoder.push(id));
    // A token may end a stop string and begin a character that is not whole yet.
    this.#open = this.#decoder.peek();
    if (this.#cut(this.#held + this.#open)) return true;
    const end = this.#held.length - startOfStop(this.#held, this.#stops);
    this.#certain += this.#held.slice(0, end);
    this.#held = this.#held.slice(end);
    return false;
  }

  /** Says that no token follows. */
  end(): void {
    if (this.#stopped) return;
    this.#append(this.#decoder.flush());
    this.#open = "";
    if (!this.#cut(this.#held)) this.#certain += this.#held;
    this.#held = "";
  }

  /** The text that became certain since the last call. */
  take(): string {
    const text = this.#certain;
    this.#certain = "";
    return text;
  }

  #append(text: string): void {
    this.#held += text;
    this.#length += text.length;
  }

  /** Ends the text before its first stop string, if there is one. */
  #cut(text: string): boolean {
    const found = this.#stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    if (found.length === 0) return false;
    this.#certain += text.slice(0, Math.min(...found));
    this.#stopped = true;
    return true;
  }
}

/** Length of the longest end of `text` that a stop string begins with. */
function startOfStop(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
