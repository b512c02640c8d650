/** Examples as tokens, with what each counts in the loss. */
import { type Example, weightOf } from "../../contract/sft_job.ts";
import { within } from "../../errors.ts";
import type { FolderConfig } from "../../formats/read_config.ts";
import type { WeightedSequence } from "../../run/packed_rows.ts";
import type { Chat } from "../../tokenizer/chat_template.ts";
import { continuationIds } from "../../tokenizer/continuation_ids.ts";
import { checkIds, preparePrompt } from "../../tokenizer/prepare_prompts.ts";
import type { TextTokenizer } from "../../tokenizer/tokenizer.ts";

export interface ExampleTokens extends WeightedSequence {
  /** Tokens before the first that is to be said. */
  prompt: number;
  /** Whether it was too long and has been cut. */
  truncated: boolean;
}

export interface ExampleOptions {
  info: FolderConfig;
  tokenizer: TextTokenizer;
  /** Ids that end a text; the first ends a completion. */
  ends: ReadonlySet<number>;
  loss_on: "completion" | "all";
  /** Tokens at most. */
  most: number;
}

/** Tokens in a row that count the same; null for what others say. */
interface Span {
  ids: readonly number[];
  weight: number | null;
}

/**
 * An example's tokens. One that is cut so short that nothing is left to learn has no targets.
 *
 * @param path where the example is in the request
 * @throws {UserError} naming the field that the tokenizer or the chat template refuses
 */
export function exampleTokens(example: Example, path: string, options: ExampleOptions): ExampleTokens {
  const spans = "completion" in example
    ? completionSpans(example, path, options)
    : conversationSpans(example, path, options);
  const prompt = spans.slice(0, spans.findIndex(({ weight }) => weight !== null))
    .reduce((sum, { ids }) => sum + ids.length, 0);
  const all = Int32Array.from(spans.flatMap(({ ids }) => ids));
  checkIds(all, path, options.info.model.vocab_size);
  const targets: number[] = [], weights: number[] = [];
  let at = 0;
  for (const { ids, weight } of spans) {
    const counts = weight ?? (options.loss_on === "all" ? 1 : 0);
    const end = at + ids.length;
    for (; at < end; at++) {
      // Nothing predicts the first.
      if (counts === 0 || at === 0 || at >= options.most) continue;
      targets.push(at);
      weights.push(counts);
    }
  }
  return {
    // What comes after the last that counts changes nothing.
    ids: all.slice(0, (targets.at(-1) ?? 0) + 1),
    targets: Int32Array.from(targets),
    weights: Float32Array.from(weights),
    prompt: Math.min(prompt, options.most),
    truncated: all.length > options.most,
  };
}

function completionSpans(
  { prompt, completion }: Extract<Example, { completion: string }>,
  path: string,
  options: ExampleOptions,
): Span[] {
  const { tokenizer, info, ends } = options;
  if (typeof prompt === "object" && "messages" in prompt) {
    const { messages, tools, documents, chat_template_kwargs } = prompt;
    const answered = [...messages, { role: "assistant", content: completion }];
    const chat = { messages: answered, tools, documents, chat_template_kwargs };
    // Only the last of them is learned.
    return chatSpans(
      chat,
      answered.map((_, at) => at === messages.length ? 1 : 0),
      `${path}.prompt`,
      options,
    );
  }
  // However long it is: it may be cut.
  const { ids, text } = preparePrompt(prompt, `${path}.prompt`, { info, tokenizer, room: -Infinity });
  const [end] = ends;
  return [
    { ids: Array.from(ids), weight: null },
    { ids: [...continuationIds(tokenizer, text, completion), end!], weight: 1 },
  ];
}

function conversationSpans(
  { messages, ...chat }: Extract<Example, { messages: unknown }>,
  path: string,
  options: ExampleOptions,
): Span[] {
  // What a message weighs is not for the template.
  const plain = messages.map(({ weight: _, ...message }) => message as Chat["messages"][number]);
  return chatSpans({ ...chat, messages: plain }, messages.map(weightOf), path, options);
}

function chatSpans(
  chat: Chat,
  weights: readonly number[],
  path: string,
  { tokenizer, ends }: ExampleOptions,
): Span[] {
  const spans: Span[] = [];
  let before = "";
  for (const { text, message } of partsOf()) {
    const ids = continuationIds(tokenizer, before, text);
    before = text;
    if (message === null) {
      spans.push({ ids, weight: null });
      continue;
    }
    // Whoever samples stops at the first token that ends a text: what a template puts behind it is never said.
    const end = ids.findIndex((id) => ends.has(id));
    const isLast = message === chat.messages.length - 1;
    const said = end >= 0 ? ids.slice(0, end + 1) : isLast ? [...ids, ends.values().next().value!] : ids;
    spans.push({ ids: said, weight: weights[message]! });
    if (end >= 0) spans.push({ ids: ids.slice(end + 1), weight: null });
  }
  return spans;

  function partsOf() {
    const texts = Array.from(ends, (id) => tokenizer.decode([id], { skip_special_tokens: false }));
    try {
      return tokenizer.chatParts(chat, texts);
    } catch (thrown) {
      throw within(path, thrown);
    }
  }
}
