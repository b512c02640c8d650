/** Prompts as OpenAI's clients get them back before their completions: token by token, with what the policy thought of them. */
import { attributeTo, invalid } from "../errors.ts";
import type { Echo } from "../contract/generation.ts";
import type { Likelihoods } from "../networks/head_likelihoods.ts";
import { incrementalDecoder } from "../tokenizer/incremental_decoder.ts";
import type { Prompt } from "../tokenizer/prompt.ts";
import type { TextTokenizer } from "../tokenizer/tokenizer.ts";
import type { ServedPolicy } from "./served_models.ts";
import type { TextWork } from "./text_work.ts";

/** Tokens of prompts that one answer may have, each prompt as often as it has completions. */
const MAX_ECHO_TOKENS = 2 ** 18;

export interface EchoOptions {
  /** Whether log-probabilities are wanted, and how many of the most likely tokens of each place. */
  logprobs: boolean;
  top: number;
  /** Of the request, 0 for greedy. */
  temperature: number;
  /** Completions of a prompt. */
  n: number;
  signal: AbortSignal;
  text: TextWork;
}

/**
 * @param policies of each prompt its own
 * @throws {UserError} `invalid_request` for more tokens than an answer may have, `damaged_model`
 */
export async function echoes(
  prompts: readonly Prompt[],
  policies: readonly ServedPolicy[],
  { n, text, ...options }: EchoOptions,
): Promise<Echo[]> {
  const tokens = n * prompts.reduce((sum, { ids }) => sum + ids.length, 0);
  if (tokens > MAX_ECHO_TOKENS) {
    const message = `Expected at most ${MAX_ECHO_TOKENS} tokens in prompts that are echoed, got ${tokens}`;
    throw invalid("prompts", message);
  }
  const { tokenizer } = policies[0]!;
  const likelihoods = options.logprobs ? await likelihoodsOf(prompts, policies, options) : [];
  return await text.map(prompts, (prompt, at) => ({
    ...textOf(prompt, tokenizer),
    ...(likelihoods[at] && numbersOf(likelihoods[at], tokenizer, options.top)),
  }));
}

/** Of all tokens but each prompt's first, in runs of every policy's own. */
async function likelihoodsOf(
  prompts: readonly Prompt[],
  policies: readonly ServedPolicy[],
  { temperature, signal }: Pick<EchoOptions, "temperature" | "signal">,
): Promise<Likelihoods[]> {
  const found = prompts.map((): Likelihoods => ({ logprobs: [], top: [] }));
  // What is one token long has none that follows another.
  const places = prompts.keys().filter((at) => prompts[at]!.ids.length > 1);
  for (const [{ policy }, own] of Map.groupBy(places, (at) => policies[at]!)) {
    const sequences = own.map((at) => {
      const { ids } = prompts[at]!;
      return { prompt_ids: ids.subarray(0, 1), response_ids: ids.subarray(1) };
    });
    const options = { temperature: temperature === 0 ? 1 : temperature, signal };
    const answers = await attributeTo("model", policy.likelihoods(sequences, options));
    own.forEach((at, index) => found[at] = answers[index]!);
  }
  if (found.some(({ logprobs }) => !logprobs.every(Number.isFinite))) {
    const message =
      "The log-probabilities of the prompt are not finite: there is NaN or infinity in its weights, or they overflow";
    throw invalid("model", message, "damaged_model");
  }
  return found;
}

function textOf({ ids, text }: Prompt, tokenizer: TextTokenizer | null): Echo {
  const tokens = Array.from(ids, (id) => tokenizer?.tokenText(id) ?? "");
  const decoder = tokenizer && incrementalDecoder(tokenizer);
  let offset = 0;
  const text_offsets = Array.from(ids, (id, at) => {
    const begins = offset;
    // A control token is in the text where somebody wrote it, and not where the tokenizer put it.
    const written = tokenizer?.specialIds.has(id) && text.startsWith(tokens[at]!, offset);
    offset += written ? tokens[at]!.length : decoder?.push(id).length ?? 0;
    return Math.min(begins, text.length);
  });
  return { text, tokens, text_offsets };
}

function numbersOf(
  { logprobs, top }: Likelihoods,
  tokenizer: TextTokenizer | null,
  count: number,
): Pick<Echo, "logprobs" | "top_tokens" | "top_logprobs"> {
  if (count === 0) return { logprobs };
  return {
    logprobs,
    top_tokens: top.flatMap(({ ids }) => ids.slice(0, count).map((id) => tokenizer?.tokenText(id) ?? "")),
    top_logprobs: top.flatMap(({ logprobs }) => logprobs.slice(0, count)),
  };
}
