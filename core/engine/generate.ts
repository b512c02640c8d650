/** POST /v1/generations inside the engine: prompts in, sampled texts out, piece by piece where that is asked for. */
import { invalid } from "../errors.ts";
import type { DecodeRow } from "../model/decoding.ts";
import type { PreparedPrompt } from "../ppo/prepared_prompt.ts";
import { responseText } from "../rewards/response_text.ts";
import { uniform } from "../rng.ts";
import { DeltaBatches, FollowedCompletion } from "./followed_completion.ts";
import { preparePrompt } from "./prepare_prompts.ts";
import type { Generation, GenerationDelta, GenerationRequest, GenerationResult } from "./requests.ts";
import type { ServedPolicy } from "./served_models.ts";

/** Rows that one decoding batch holds; more wait for the next. */
const MAX_ROWS = 64;

export interface GenerateOptions {
  /** Told of the pieces of each step when the request streams. */
  emit?: (deltas: GenerationDelta[]) => void;
  /** Whether to give each token's text and offset too. */
  tokens?: boolean;
}

/** A completion to sample. */
interface Row {
  prompt: PreparedPrompt;
  prompt_index: number;
  index: number;
  /** By these its random numbers are found: its prompt, and which of the prompt's completions it is. */
  key: number;
  sample: number;
}

/**
 * Samples n completions of every prompt. A completion depends on (seed, prompt, index) only, not on what else is in
 * the request or where in it the prompt stands; a prompt that comes again goes on counting where it stopped.
 *
 * @throws {UserError} naming the prompt that is wrong
 */
export async function generate(
  served: ServedPolicy,
  request: GenerationRequest,
  signal: AbortSignal,
  { emit, tokens = false }: GenerateOptions = {},
): Promise<GenerationResult> {
  const { base, tokenizer, policy } = served;
  if (tokenizer === null && request.stop.length > 0) {
    throw invalid("stop", "The model folder has no tokenizer: there is no text to look for stop strings in");
  }
  const room = request.max_new_tokens;
  const prompts = request.prompts.map((prompt, index) =>
    preparePrompt(prompt, `prompts.${index}`, { facts: base.facts, tokenizer, room })
  );
  const deltas = request.stream && emit ? new DeltaBatches(emit) : null;
  // Nothing to do for each token unless somebody asks for what only that can tell.
  const follow = deltas !== null || tokens || request.stop.length > 0;
  const options = { tokenizer, stop: request.stop, logprobs: request.logprobs, tokens, deltas };
  const data: Generation[] = [];
  let completion_tokens = 0;
  const rows = rowsOf(prompts, request.n);
  for (let start = 0; start < rows.length; start += MAX_ROWS) {
    const batch = rows.slice(start, start + MAX_ROWS);
    const followed = follow ? batch.map((row) => new FollowedCompletion(row, options)) : [];
    const decoded = await policy.respond(
      batch.map(({ prompt, key, sample }, at): DecodeRow => ({
        prompt_ids: prompt.ids,
        max_new_tokens: request.max_new_tokens,
        temperature: request.temperature,
        top_k: request.top_k,
        top_p: request.top_p,
        uniform: (position) => uniform(request.seed, "sample", key, sample, position),
        stop_token_ids: served.stopTokenIds,
        ...followed[at]?.hooks,
      })),
      { signal },
    );
    for (const { response_ids } of decoded) completion_tokens += response_ids.length;
    if (deltas !== null) continue;
    decoded.forEach(({ response_ids, logprobs, finish_reason }, at) => {
      const { prompt_index, index } = batch[at]!;
      const terminated = served.stopTokenIds.has(response_ids.at(-1)!);
      data.push(
        followed[at]?.whole ?? {
          prompt_index,
          index,
          text: tokenizer ? responseText(tokenizer, Int32Array.from(response_ids), terminated) : "",
          token_ids: response_ids,
          finish_reason,
          ...(request.logprobs && { logprobs }),
        },
      );
    });
  }
  const prompt_tokens = prompts.reduce((sum, { ids }) => sum + ids.length, 0);
  return { data, usage: { prompt_tokens, completion_tokens } };
}

function rowsOf(prompts: readonly PreparedPrompt[], n: number): Row[] {
  const asked = new Map<number, number>();
  return prompts.flatMap((prompt, prompt_index) => {
    const key = promptKey(prompt.ids);
    const first = asked.get(key) ?? 0;
    asked.set(key, first + n);
    return Array.from({ length: n }, (_, index) => ({
      ...{ prompt, prompt_index, index },
      ...{ key, sample: first + index },
    }));
  });
}

/** A 32-bit number for a prompt's ids (FNV-1a). */
function promptKey(ids: Int32Array): number {
  let hash = 0x811c9dc5;
  for (const id of ids) {
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ (id >>> shift & 255), 0x01000193);
  }
  return hash >>> 0;
}
