/**
 * A preference as two sequences of ids, each what a policy with this tokenizer would have sampled and been scored by: the
 * prompt, laid out by the chat template where it is messages, the answer, and the token that ends it.
 */
import { conversationOf, type Preference, type RewardModelConfig } from "../../contract/reward_model_job.ts";
import { invalid, within } from "../../errors.ts";
import type { FolderConfig } from "../../formats/read_config.ts";
import type { Chat } from "../../tokenizer/chat_template.ts";
import { continuationIds } from "../../tokenizer/continuation_ids.ts";
import { checkIds, preparePrompt } from "../../tokenizer/prepare_prompts.ts";
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

interface Parts {
  /** Null where the answer is a whole text. */
  prompt: ArrayLike<number> | null;
  answer: number[];
}

function partsOf(
  { prompt, ...pair }: Preference,
  side: "chosen" | "rejected",
  path: string,
  encoder: PairEncoder,
): Parts {
  const { info, tokenizer } = encoder;
  const answer = pair[side];
  const chat = Array.isArray(prompt) ? { messages: prompt } : prompt;
  if (typeof answer !== "string") {
    return chatParts(conversationOf(prompt, answer)!, `${path}.${side}`, encoder);
  }
  if (chat === null) return { prompt: null, answer: encode(tokenizer, answer, `${path}.${side}`) };
  if (typeof chat === "object" && "messages" in chat) {
    const answered = [...chat.messages, { role: "assistant", content: answer }];
    return chatParts({ ...chat, messages: answered }, `${path}.prompt`, encoder);
  }
  // However long it is by itself: it is looked at with its answer.
  const { ids, text } = preparePrompt(chat, `${path}.prompt`, { info, tokenizer, room: -Infinity });
  return { prompt: ids, answer: continuationIds(tokenizer, text, answer) };
}

/** A conversation's last answer, with what ends it, and all before that as a policy would be asked with it. */
function chatParts(
  { messages, tools, documents, chat_template_kwargs }: Chat,
  path: string,
  { tokenizer, stops }: PairEncoder,
): Parts {
  const ends = Array.from(stops, (id) => tokenizer.decode([id], { skip_special_tokens: false }));
  const chat = { messages, tools, documents, chat_template_kwargs };
  try {
    const parts = tokenizer.chatParts(chat, ends);
    const at = parts.findIndex(({ message }) => message === messages.length - 1);
    const before = parts.slice(0, at).map(({ text }) => text).join("");
    const ids = at < 0 ? [] : continuationIds(tokenizer, before, parts[at]!.text);
    // Whoever samples stops at the first token that ends a text: what a template puts behind it is never said.
    const end = ids.findIndex((id) => stops.has(id));
    return {
      prompt: tokenizer.encode(before, { add_special_tokens: false }),
      answer: end < 0 ? ids : ids.slice(0, end + 1),
    };
  } catch (thrown) {
    throw within(path, thrown);
  }
}

function encode(tokenizer: TextTokenizer, text: string, path: string): number[] {
  try {
    return tokenizer.encode(text);
  } catch (thrown) {
    throw within(path, thrown);
  }
}

/** Prompt, answer and its end, at most as long as is allowed. */
function joined(
  prompt: ArrayLike<number> | null,
  answer: number[],
  path: string,
  { info: { model }, stops, config: { max_length, overlong } }: PairEncoder,
): Int32Array {
  const [end] = stops;
  if (answer.length === 0) throw invalid(path, "Expected an answer of at least one token, got none");
  // A text may end with the token's name.
  const ended = end === undefined || stops.has(answer.at(-1)!) ? answer : [...answer, end];
  checkIds([...Array.from(prompt ?? []), ...ended], path, model.vocab_size);
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
  const before = prompt === null || room === 0 ? [] : Array.from(prompt).slice(-room);
  return Int32Array.from([...before, ...kept]);
}
