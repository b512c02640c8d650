/**
 * A preference as two sequences of ids, each what a policy with this tokenizer would have sampled and been scored by: the
 * prompt, laid out by the chat template where it is messages, the answer, and the token that ends it.
 */
import { contentText, type Preference, type RewardModelConfig } from "../../contract/reward_model_job.ts";
import { invalid, within } from "../../errors.ts";
import type { FolderConfig } from "../../formats/read_config.ts";
import { checkIds, preparePrompt, type PromptLike } from "../../tokenizer/prepare_prompts.ts";
import type { TextTokenizer } from "../../tokenizer/tokenizer.ts";

export interface EncodedPair {
  /** int32: prompt, answer and end. */
  chosen: Int32Array;
  rejected: Int32Array;
  margin: number;
  /** Tokens of the prompt; of the whole text where there is none. */
  prompt: number;
}

export interface PairEncoder {
  info: FolderConfig;
  tokenizer: TextTokenizer;
  /** The ids that end an answer, of which the first is put behind it. */
  stops: ReadonlySet<number>;
  config: Pick<RewardModelConfig, "max_length" | "overlong">;
}

/**
 * @param path where the pair is in the request
 * @throws {UserError} naming the part that is too long or cannot be encoded
 */
export function encodePair(pair: Preference, path: string, encoder: PairEncoder): EncodedPair {
  const [chosen, rejected] = (["chosen", "rejected"] as const).map((side) => {
    const { prompt, answer } = partsOf(pair, side, path, encoder);
    return { ids: joined(prompt, answer, `${path}.${side}`, encoder), prompt: prompt?.length };
  });
  return {
    chosen: chosen!.ids,
    rejected: rejected!.ids,
    margin: pair.margin,
    prompt: chosen!.prompt ?? chosen!.ids.length,
  };
}

/** A prompt may be of any length by itself: it is looked at with its answer. */
const ANY_LENGTH = -Infinity;

interface Parts {
  /** Null where the answer is a whole text. */
  prompt: Int32Array | null;
  answer: number[];
}

function partsOf(
  pair: Preference,
  side: "chosen" | "rejected",
  path: string,
  { info, tokenizer }: PairEncoder,
): Parts {
  const answer = pair[side];
  if (typeof answer === "string") {
    const encode = (options: { add_special_tokens: boolean }) => {
      try {
        return tokenizer.encode(answer, options);
      } catch (thrown) {
        throw within(`${path}.${side}`, thrown);
      }
    };
    if (pair.prompt === null) return { prompt: null, answer: encode({ add_special_tokens: true }) };
    const given = Array.isArray(pair.prompt) ? { messages: pair.prompt } : pair.prompt;
    return {
      prompt: preparePrompt(given, `${path}.prompt`, { info, tokenizer, room: ANY_LENGTH }).ids,
      answer: encode({ add_special_tokens: false }),
    };
  }
  const [prompt, field] = pair.prompt === null ? [{ messages: [] }, side] : [pair.prompt, "prompt"];
  const chat = Array.isArray(prompt) ? { messages: prompt } : prompt as { messages: typeof answer };
  const given: PromptLike = { ...chat, messages: [...chat.messages, ...answer.slice(0, -1)] };
  return {
    prompt: preparePrompt(given, `${path}.${field}`, { info, tokenizer, room: ANY_LENGTH }).ids,
    answer: tokenizer.encode(contentText(answer.at(-1)!.content)!, { add_special_tokens: false }),
  };
}

/** Prompt, answer and its end, at most as long as is allowed. */
function joined(
  prompt: Int32Array | null,
  answer: number[],
  path: string,
  { info: { model }, stops, config: { max_length, overlong } }: PairEncoder,
): Int32Array {
  const [end] = stops;
  // A text may end with the token's name.
  const ended = end === undefined || stops.has(answer.at(-1)!) ? answer : [...answer, end];
  if (ended.length === 0) throw invalid(path, "Expected an answer of at least one token, got none");
  checkIds(ended, path, model.vocab_size);
  const most = Math.min(max_length ?? Infinity, model.max_position_embeddings);
  const length = (prompt?.length ?? 0) + ended.length;
  if (length > most && overlong === "fail") {
    throw invalid(
      path,
      `Expected at most ${most} tokens with its prompt and end, got ${length}: overlong truncate cuts what is longer`,
      "prompt_too_long",
    );
  }
  const kept = ended.slice(0, most);
  const room = most - kept.length;
  const before = prompt === null || room === 0 ? [] : prompt.slice(-room);
  return Int32Array.from([...before, ...kept]);
}
