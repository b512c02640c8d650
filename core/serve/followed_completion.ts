/** A completion followed token by token while it is decoded: streamed in pieces, or kept until it is whole. */
import type { SamplingRequest } from "../decode/sampling_request.ts";
import type { TextTokenizer } from "../tokenizer/tokenizer.ts";
import { CompletionText } from "./completion_text.ts";
import type { TopTokens } from "../run/top_tokens.ts";
import type { Echo, Generation, GenerationDelta } from "../contract/generation.ts";

/** Hands the pieces of one decoding step on together. */
export class DeltaBatches {
  #deltas: GenerationDelta[] = [];

  constructor(readonly emit: (deltas: GenerationDelta[]) => void) {}

  add(delta: GenerationDelta): void {
    if (this.#deltas.push(delta) > 1) return;
    // A step tells of its rows one after another without a pause, and what follows it runs later than this.
    queueMicrotask(() => {
      const deltas = this.#deltas;
      this.#deltas = [];
      this.emit(deltas);
    });
  }
}

export interface FollowOptions {
  /** Without one there is no text: pieces have token ids only. */
  tokenizer: TextTokenizer | null;
  stop: readonly string[];
  logprobs: boolean;
  tokens: boolean;
  /** How many of the most likely tokens are told of in each place. */
  top: number;
  /** Where pieces go; null keeps them together. */
  deltas: DeltaBatches | null;
}

export class FollowedCompletion {
  /** The completion, once it has ended; unless it was streamed. */
  whole: Generation | undefined;
  readonly #place: { prompt_index: number; index: number };
  readonly #options: FollowOptions;
  readonly #text: CompletionText | null;
  #next: GenerationDelta;
  /** Where the next token's text begins. */
  #offset = 0;

  /** @param echo the prompt, where the first piece has it */
  constructor(
    { prompt_index, index }: { prompt_index: number; index: number },
    options: FollowOptions,
    echo?: Echo,
  ) {
    this.#place = { prompt_index, index };
    this.#options = options;
    this.#text = options.tokenizer && new CompletionText(options.tokenizer, options.stop);
    this.#next = { ...this.#piece(), ...(echo && { echo }) };
  }

  /** Ends a completion that has no tokens. */
  end(): void {
    this.#next.finish_reason = "length";
    this.#tell(this.#next);
  }

  /** What the decoder calls; it does not ask `ends` about stop tokens, which are no text. */
  readonly hooks: Pick<SamplingRequest, "ends" | "onToken"> = {
    ends: (ids) => this.#text?.push(ids.at(-1)!) ?? false,
    onToken: (token, logprob, finish_reason, top) => {
      const next = this.#next;
      next.token_ids.push(token);
      next.logprobs?.push(logprob);
      next.tokens?.push(this.#options.tokenizer?.tokenText(token) ?? "");
      next.token_bytes?.push(this.#options.tokenizer?.tokenBytes(token)?.toHex() ?? "");
      if (next.top_tokens) this.#addTop(next as Required<GenerationDelta>, { token, logprob }, top);
      next.text_offsets?.push(this.#offset);
      if (finish_reason !== null) this.#text?.end();
      this.#offset = this.#text?.length ?? 0;
      next.text += this.#text?.take() ?? "";
      // The last characters may have become a stop string only because nothing followed them.
      next.finish_reason = finish_reason && (this.#text?.stopped ? "stop" : finish_reason);
      this.#tell(next);
    },
  };

  /** A greedy token is the most likely one, so that the decoder need not be asked for one. */
  #addTop(
    { top_tokens, top_logprobs }: Pick<Required<GenerationDelta>, "top_tokens" | "top_logprobs">,
    { token, logprob }: { token: number; logprob: number },
    { ids, logprobs }: TopTokens = { ids: [token], logprobs: [logprob] },
  ): void {
    const { tokenizer, top } = this.#options;
    top_tokens.push(...ids.slice(0, top).map((id) => tokenizer?.tokenText(id) ?? ""));
    top_logprobs.push(...logprobs.slice(0, top));
  }

  #tell(next: GenerationDelta): void {
    const { deltas } = this.#options;
    if (deltas === null) {
      if (next.finish_reason !== null) this.whole = next as Generation;
    } else if (next.text !== "" || next.finish_reason !== null || this.#text === null) {
      deltas.add(next);
      this.#next = this.#piece();
    }
  }

  #piece(): GenerationDelta {
    const { logprobs, tokens, top } = this.#options;
    return {
      ...this.#place,
      text: "",
      token_ids: [],
      finish_reason: null,
      ...(logprobs && { logprobs: [] }),
      ...(tokens && { tokens: [], text_offsets: [], token_bytes: [] }),
      ...(top > 0 && { top_tokens: [], top_logprobs: [] }),
    };
  }
}
