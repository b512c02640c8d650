/** A row to decode, and what becomes of it from its prompt to its last token. */
/** How a response ended: at a stop token, or cut off by max_new_tokens. */
export type FinishReason = "stop" | "length";

export interface DecodeRow {
  /** int32 (P), P ≥ 1 */
  readonly prompt_ids: ArrayLike<number>;
  readonly max_new_tokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** 0 is off. */
  readonly top_k: number;
  /** 1 is off. */
  readonly top_p: number;
  /** A number in [0, 1) for each position of the response: the row's own randomness. */
  readonly uniform: (position: number) => number;
  readonly stop_token_ids: ReadonlySet<number>;
  /** Asked after each token; true ends the row there, as a stop token would. */
  readonly ends?: (response_ids: readonly number[]) => boolean;
  /** Told of each token after that was decided; `finish_reason` is null while the row goes on. */
  readonly onToken?: (token: number, logprob: number, finish_reason: FinishReason | null) => void;
}

export interface DecodedRow {
  /** The stop token is the last one if there was one. */
  response_ids: number[];
  /** Log-probability of each token at the row's temperature (1 when greedy), before top-k and top-p. */
  logprobs: number[];
  finish_reason: FinishReason;
}

/** A row while it is decoded. */
export interface OpenRow {
  readonly row: DecodeRow;
  readonly out: DecodedRow;
  /** Tokens in the cache. */
  length: number;
  /** Nobody waits for the rest any more. */
  abandoned: boolean;
}

/** A row of which nothing is decoded yet. */
export function openRow(row: DecodeRow): OpenRow {
  const out: DecodedRow = { response_ids: [], logprobs: [], finish_reason: "length" };
  return { row, out, length: row.prompt_ids.length, abandoned: false };
}

/** Whether no token follows. */
export function hasEnded({ row, out, abandoned }: OpenRow): boolean {
  return abandoned || out.finish_reason === "stop" || out.response_ids.length >= row.max_new_tokens;
}

/** Tokens that a row may come to. */
export function mostTokens({ prompt_ids, max_new_tokens }: DecodeRow): number {
  return prompt_ids.length + max_new_tokens;
}

/** Gives a row its next token. */
export function accept(open: OpenRow, token: number, logprob: number): void {
  const { row, out } = open;
  out.response_ids.push(token);
  out.logprobs.push(logprob);
  open.length++;
  if (row.stop_token_ids.has(token) || row.ends?.(out.response_ids)) out.finish_reason = "stop";
  row.onToken?.(token, logprob, hasEnded(open) ? out.finish_reason : null);
}
