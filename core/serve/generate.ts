/** POST /v1/generations inside the engine: prompts in, sampled texts out, piece by piece where that is asked for. */
import { attributeTo, invalid } from "../errors.ts";
import { prefillTokens } from "../decode/prompt_groups.ts";
import type { SampledSequence } from "../decode/sampled_sequence.ts";
import type { SamplingRequest } from "../decode/sampling_request.ts";
import type { Prompt } from "../tokenizer/prompt.ts";
import { responseText } from "../rewards/response_text.ts";
import { uniform } from "../rng.ts";
import { echoes } from "./echo.ts";
import { DeltaBatches, FollowedCompletion } from "./followed_completion.ts";
import { preparePrompt } from "../tokenizer/prepare_prompts.ts";
import type {
  GenerationDelta,
  GenerationExtras,
  GenerationRequest,
  GenerationResult,
} from "../contract/generation.ts";
import type { ServedPolicy } from "./served_models.ts";
import { TextWork } from "./text_work.ts";

export interface GenerateOptions extends GenerationExtras {
  /** Told of the pieces of each step when the request streams. */
  emit?: (deltas: GenerationDelta[]) => void;
  text?: TextWork;
}

/** A completion to sample. */
interface Row {
  prompt: Prompt;
  policy: ServedPolicy;
  prompt_index: number;
  index: number;
  /** By these its random numbers are found: its prompt, and which of the prompt's completions it is. */
  key: number;
  sample: number;
}

/**
 * Samples n completions of every prompt, all in one batch with whatever else is being sampled. A completion depends on
 * (seed, prompt, index) only, not on what else is in the request or where in it the prompt stands; a prompt that comes
 * again for the same policy goes on counting where it stopped.
 *
 * @param policies of each prompt its own, all of one base
 * @throws {UserError} naming the prompt that is wrong
 */
export async function generate(
  policies: readonly ServedPolicy[],
  request: GenerationRequest,
  signal: AbortSignal,
  { emit, text = new TextWork(), tokens = false, top_logprobs: top = 0, echo, fit_context }: GenerateOptions =
    {},
): Promise<GenerationResult> {
  const { base, tokenizer, stopTokenIds } = policies[0]!;
  if (tokenizer === null && request.stop.length > 0) {
    throw invalid("stop", "The model folder has no tokenizer: there is no text to look for stop strings in");
  }
  const least = fit_context ? 1 : request.max_new_tokens;
  const roomAfter = ({ ids }: Prompt, { decoder }: ServedPolicy) =>
    fit_context
      ? Math.min(
        request.max_new_tokens,
        Math.min(base.info.model.max_position_embeddings, decoder.maxTokens) - ids.length,
      )
      : request.max_new_tokens;
  const prompts = await text.map(request.prompts, (prompt, index) => {
    const prepared = preparePrompt(prompt, `prompts.${index}`, { info: base.info, tokenizer, room: least });
    checkMemory(prepared.ids.length + least, policies[index]!.decoder.maxTokens, `prompts.${index}`);
    return prepared;
  });
  const echoed = echo ? await echoes(prompts, policies, { ...request, top, signal, text }) : null;
  const deltas = request.stream && emit ? new DeltaBatches(emit) : null;
  // Nothing to do for each token unless somebody asks for what only that can tell.
  const follow = deltas !== null || tokens || request.stop.length > 0 || echoed !== null ||
    request.max_new_tokens === 0;
  const options = { tokenizer, stop: request.stop, logprobs: request.logprobs, tokens, top, deltas };
  const rows = rowsOf(prompts, policies, request.n);
  const followed = rows.map((row) =>
    follow ? new FollowedCompletion(row, options, echoed?.[row.prompt_index]) : null
  );
  const decoded = request.max_new_tokens === 0 ? noTokens(rows, followed) : await respond(
    rows,
    rows.map(({ prompt, policy, key, sample }, at): SamplingRequest => ({
      prompt_ids: prompt.ids,
      max_new_tokens: roomAfter(prompt, policy),
      // A greedy token is the most likely one by itself.
      top: top > 1 || (top === 1 && request.temperature !== 0),
      temperature: request.temperature,
      top_k: request.top_k,
      top_p: request.top_p,
      uniform: (position) => uniform(request.seed, "sample", key, sample, position),
      stop_token_ids: stopTokenIds,
      ...followed[at]?.hooks,
    })),
    signal,
  );
  const data = deltas !== null
    ? []
    : await text.map(decoded, ({ response_ids, logprobs, finish_reason }, at) => {
      const { prompt_index, index } = rows[at]!;
      const terminated = stopTokenIds.has(response_ids.at(-1)!);
      return followed[at]?.whole ?? {
        prompt_index,
        index,
        text: tokenizer ? responseText(tokenizer, Int32Array.from(response_ids), terminated) : "",
        token_ids: response_ids,
        finish_reason,
        ...(request.logprobs && { logprobs }),
      };
    });
  const prompt_tokens = prompts.reduce((sum, { ids }) => sum + ids.length, 0);
  const completion_tokens = decoded.reduce((sum, { response_ids }) => sum + response_ids.length, 0);
  const { saved } = prefillTokens(decoded);
  return {
    data,
    usage: { prompt_tokens, completion_tokens, ...(saved > 0 && { prefill_tokens_saved: saved }) },
  };
}

/** What a request gets that wants no new tokens. */
function noTokens(
  rows: readonly Row[],
  followed: readonly (FollowedCompletion | null)[],
): SampledSequence[] {
  for (const completion of followed) completion?.end();
  return rows.map(({ prompt }) => ({
    ...{ prompt_ids: prompt.ids, response_ids: [], logprobs: [] },
    ...{ finish_reason: "length", prompt_shared: false },
  }));
}

/** Decodes each policy's rows in its batch; when one fails, the others stop too. */
async function respond(
  rows: readonly Row[],
  asked: readonly SamplingRequest[],
  signal: AbortSignal,
): Promise<SampledSequence[]> {
  const decoded: SampledSequence[] = [];
  const failed = new AbortController();
  const options = { signal: AbortSignal.any([signal, failed.signal]) };
  const settled = await Promise.allSettled(
    [...Map.groupBy(rows.keys(), (at) => rows[at]!.policy)].map(async ([{ decoder, adapter }, places]) => {
      try {
        const answer = decoder.decode(places.map((at) => asked[at]!), adapter, options);
        const answers = await attributeTo("model", answer); // it may be the first to read the weights
        answers.forEach((answer, index) => decoded[places[index]!] = answer);
      } catch (thrown) {
        failed.abort(thrown);
        throw thrown;
      }
    }),
  );
  const failure = settled.find((outcome) => outcome.status === "rejected");
  if (failure) throw failure.reason;
  return decoded;
}

/** Refuses what this machine could not hold while it is sampled. */
function checkMemory(tokens: number, most: number, path: string): void {
  if (tokens <= most) return;
  const message =
    `Expected at most ${most} tokens, new ones included, as this machine's memory holds the keys and ` +
    `values of no more, got ${tokens}`;
  throw invalid(path, message, "prompt_too_long");
}

function rowsOf(prompts: readonly Prompt[], policies: readonly ServedPolicy[], n: number): Row[] {
  const asked = new Map<ServedPolicy, Map<number, number>>();
  return prompts.flatMap((prompt, prompt_index) => {
    const policy = policies[prompt_index]!;
    const counts = asked.get(policy) ?? new Map<number, number>();
    asked.set(policy, counts);
    const key = promptKey(prompt.ids);
    const first = counts.get(key) ?? 0;
    counts.set(key, first + n);
    return Array.from({ length: n }, (_, index) => ({
      ...{ prompt, policy, prompt_index, index },
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
