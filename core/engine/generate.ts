/** POST /v1/generations inside the engine: prompts in, sampled texts out. */
import { uniform } from "../rng.ts";
import { responseText } from "../rewards/response_text.ts";
import { preparePrompt } from "./prepare_prompts.ts";
import type { Generation, GenerationRequest, GenerationResult } from "./requests.ts";
import type { ServedPolicy } from "./served_models.ts";

/** Rows that one decoding batch holds; more wait for the next. */
const MAX_ROWS = 64;

/**
 * Samples n completions of every prompt. A completion depends on (seed, prompt, index) only, not on what else is in
 * the request or where in it the prompt stands.
 *
 * @throws {UserError} naming the prompt that is wrong
 */
export async function generate(
  served: ServedPolicy,
  request: GenerationRequest,
  signal: AbortSignal,
): Promise<GenerationResult> {
  const { base, tokenizer, policy } = served;
  const room = request.max_new_tokens;
  const prompts = request.prompts.map((prompt, index) =>
    preparePrompt(prompt, `prompts.${index}`, { facts: base.facts, tokenizer, room })
  );
  const jobs = prompts.flatMap((prompt, prompt_index) =>
    Array.from({ length: request.n }, (_, index) => ({ prompt, prompt_index, index }))
  );
  const said = (ids: readonly number[], stop: string) =>
    tokenizer?.decode(ids.slice(-tailOf(stop))).includes(stop) ?? false;
  const data: Generation[] = [];
  for (let start = 0; start < jobs.length; start += MAX_ROWS) {
    const batch = jobs.slice(start, start + MAX_ROWS);
    const decoded = await policy.respond(
      batch.map(({ prompt, index }) => ({
        prompt_ids: prompt.ids,
        max_new_tokens: request.max_new_tokens,
        temperature: request.temperature,
        top_k: request.top_k,
        top_p: request.top_p,
        uniform: (position) => uniform(request.seed, "sample", promptKey(prompt.ids), index, position),
        stop_token_ids: served.stopTokenIds,
        ...(request.stop.length > 0 && {
          ends: (ids: readonly number[]) => request.stop.some((stop) => said(ids, stop)),
        }),
      })),
      { signal },
    );
    decoded.forEach(({ response_ids, logprobs, finish_reason }, at) => {
      const { prompt_index, index } = batch[at]!;
      const terminated = served.stopTokenIds.has(response_ids.at(-1)!);
      const body = tokenizer ? responseText(tokenizer, Int32Array.from(response_ids), terminated) : "";
      data.push({
        prompt_index,
        index,
        text: untilStop(body, request.stop),
        token_ids: response_ids,
        finish_reason,
        ...(request.logprobs && { logprobs }),
      });
    });
  }
  return {
    data,
    usage: {
      prompt_tokens: prompts.reduce((sum, { ids }) => sum + ids.length, 0),
      completion_tokens: data.reduce((sum, { token_ids }) => sum + token_ids.length, 0),
    },
  };
}

/** As many tokens as a stop string can be made of, and some: a UTF-16 unit is at most three bytes, a token at least one. */
function tailOf(stop: string): number {
  return 3 * stop.length + 8;
}

/** A 32-bit number for a prompt's ids (FNV-1a), by which its random numbers are found. */
function promptKey(ids: Int32Array): number {
  let hash = 0x811c9dc5;
  for (const id of ids) {
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ (id >>> shift & 255), 0x01000193);
  }
  return hash >>> 0;
}

/** The text before the first stop string; the token that completed it may have carried more. */
function untilStop(text: string, stops: readonly string[]): string {
  const ends = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}
