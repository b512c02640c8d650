/** POST /v1/scores inside the engine: what policy, reference, critic and reward say of given completions. */
import { attributeTo, invalid } from "../errors.ts";
import { responseText } from "../rewards/response_text.ts";
import type { RewardSample, RewardSource } from "../rewards/reward_source.ts";
import { checkIds, preparePrompt } from "../tokenizer/prepare_prompts.ts";
import type { Score, ScoreRequest, ScoreResult } from "../contract/score.ts";
import type { ServedPolicy } from "./served_models.ts";
import { TextWork } from "./text_work.ts";

/** An item as the reward and the networks see it. */
type Item = Pick<
  RewardSample,
  "prompt_idx" | "prompt" | "prompt_ids" | "response_ids" | "answer" | "item" | "metadata"
>;

/**
 * Scores every item.
 *
 * @param reward what the request's `reward` became; null when it asked for none
 * @throws {UserError} naming the item that is wrong
 */
export async function score(
  served: ServedPolicy,
  request: ScoreRequest,
  reward: RewardSource | null,
  signal: AbortSignal,
  text = new TextWork(),
): Promise<ScoreResult> {
  const { policy, critic, sharedCritic, tokenizer, stopTokenIds } = served;
  const items = await text.map(request.items, (item, index) => itemOf(item, index, served));
  const { temperature } = request;
  // They may be the first to read the weights.
  const current = await attributeTo("model", policy.analyze(items, { temperature, entropy: true, signal }));
  const reference = await attributeTo(
    "model",
    policy.analyze(items, { temperature, reference: true, signal }),
  );
  checkFinite(current.logprobs, "policy's log-probabilities");
  checkFinite(current.entropy!, "policy's entropies");
  checkFinite(reference.logprobs, "reference's log-probabilities");
  const values = critic ? await critic.analyze(items, { signal }) : sharedCritic ? current.values! : null;
  if (values) checkFinite(values, "value network's values", "checkpoint");
  const samples = reward && await text.map(items, (item) => {
    const terminated = stopTokenIds.has(item.response_ids.at(-1)!);
    const completion = tokenizer ? responseText(tokenizer, item.response_ids, terminated) : "";
    return { ...item, completion, terminated };
  });
  const rewards = samples && (await reward!.score(samples, signal)).scores;
  const data = items.map(({ response_ids }, row): Score => {
    const logprobs = current.logprobs[row]!;
    const refs = reference.logprobs[row]!;
    const sum = (xs: Float32Array) => xs.reduce((total, x) => total + x, 0);
    return {
      logprob: sum(logprobs),
      ref_logprob: sum(refs),
      kl: logprobs.reduce((total, logprob, t) => total + (logprob - refs[t]!), 0),
      ...(rewards && { reward: rewards[row]! }),
      ...(request.tokens && {
        tokens: Array.from(response_ids, (token_id, t) => ({
          token_id,
          token: tokenizer?.tokenText(token_id) ?? "",
          logprob: logprobs[t]!,
          ref_logprob: refs[t]!,
          kl_div: logprobs[t]! - refs[t]!,
          entropy: current.entropy![row]![t]!,
          ...(values && { value: values[row]![t]! }),
        })),
      }),
    };
  });
  return { data };
}

/** What a folder is called that has numbers which are none. */
const DAMAGED = { model: "damaged_model", checkpoint: "damaged_checkpoint" } as const;

/** JSON has no NaN, and what has one in its weights scores nothing. */
function checkFinite(
  numbers: readonly Float32Array[],
  whose: string,
  path: keyof typeof DAMAGED = "model",
): void {
  const row = numbers.findIndex((values) => !values.every(Number.isFinite));
  if (row < 0) return;
  const message =
    `The ${whose} of items.${row} are not finite: there is NaN or infinity in its weights, or they overflow`;
  throw invalid(path, message, DAMAGED[path]);
}

function itemOf(item: ScoreRequest["items"][number], index: number, { base, tokenizer }: ServedPolicy): Item {
  const path = `items.${index}`;
  const { info } = base;
  const byIds = "prompt_token_ids" in item;
  const promptPath = `${path}.${byIds ? "prompt_token_ids" : "prompt"}`;
  const completionPath = `${path}.${byIds ? "completion_token_ids" : "completion"}`;
  const given = byIds ? { token_ids: item.prompt_token_ids } : item.prompt;
  const prompt = preparePrompt(given, promptPath, { info, tokenizer, room: 1 });
  const ids = byIds
    ? item.completion_token_ids
    : tokenizer!.encode(item.completion, { add_special_tokens: false });
  if (ids.length === 0) {
    throw invalid(completionPath, "Expected a completion of at least one token, got none");
  }
  checkIds(ids, completionPath, info.model.vocab_size);
  const context = info.model.max_position_embeddings;
  if (prompt.ids.length + ids.length > context) {
    const message = `Expected prompt and completion within the model's context of ${context} tokens, got ${
      prompt.ids.length + ids.length
    }`;
    throw invalid(completionPath, message, "prompt_too_long");
  }
  return {
    prompt_idx: index,
    answer: item.answer,
    item: item.item,
    metadata: item.metadata,
    prompt: prompt.text,
    prompt_ids: prompt.ids,
    response_ids: Int32Array.from(ids),
  };
}
