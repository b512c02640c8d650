/** Prompts of a request as token ids, checked against the model before anything is loaded. */
import { invalid, within } from "../errors.ts";
import type { FolderConfig } from "../formats/read_config.ts";
import type { JobPrompt } from "../contract/prompt.ts";
import type { Prompt } from "./prompt.ts";
import type { Chat } from "./chat_template.ts";
import type { TextTokenizer } from "./tokenizer.ts";

/** A prompt as any request may give it. */
export type PromptLike = JobPrompt | { token_ids: readonly number[] } | { text: string } | Chat;

/**
 * Tokenises one prompt.
 *
 * @param path where the prompt is in the request
 * @param room tokens that must fit behind it in the model's context
 * @throws {UserError} `invalid_request`, `prompt_too_long` or `invalid_token_id`, naming `path`
 */
export function preparePrompt(
  prompt: PromptLike,
  path: string,
  { info, tokenizer, room }: { info: FolderConfig; tokenizer: TextTokenizer | null; room: number },
): Prompt {
  const { ids, text } = encode(prompt, path, tokenizer);
  if (ids.length === 0) throw invalid(path, "Expected a prompt of at least one token, got none");
  checkIds(ids, path, info.model.vocab_size);
  const context = info.model.max_position_embeddings;
  if (ids.length + room > context) {
    const message =
      `Expected prompt and new tokens within the model's context of ${context}, got ${ids.length} and ${room}`;
    throw invalid(path, message, "prompt_too_long");
  }
  return { ids: Int32Array.from(ids), text, ...besides(prompt) };
}

type Besides = "answer" | "item" | "metadata";

/** What a job gives with a prompt for its rewards. */
function besides(prompt: PromptLike): Pick<Prompt, Besides> {
  if (typeof prompt !== "object") return {};
  const { answer, item, metadata } = prompt as Pick<Prompt, Besides>;
  return { ...(answer !== undefined && { answer }), ...(item && { item }), ...(metadata && { metadata }) };
}

/** @throws {UserError} `invalid_token_id` for one the model has no embedding for */
export function checkIds(ids: ArrayLike<number>, path: string, vocabSize: number): void {
  for (let at = 0; at < ids.length; at++) {
    if (ids[at]! >= vocabSize) {
      const message = `Expected ids below the model's vocabulary of ${vocabSize}, got ${ids[at]} at ${at}`;
      throw invalid(path, message, "invalid_token_id");
    }
  }
}

function encode(
  prompt: PromptLike,
  path: string,
  tokenizer: TextTokenizer | null,
): { ids: readonly number[]; text: string } {
  if (typeof prompt === "object" && "token_ids" in prompt) {
    return {
      ids: prompt.token_ids,
      text: tokenizer?.decode(prompt.token_ids, { skip_special_tokens: false }) ?? "",
    };
  }
  if (!tokenizer) throw invalid(path, "Expected token ids: the model folder has no tokenizer");
  try {
    if (typeof prompt === "string") return { ids: tokenizer.encode(prompt), text: prompt };
    if ("text" in prompt) return { ids: tokenizer.encode(prompt.text), text: prompt.text };
    const text = tokenizer.chatText(prompt);
    return { ids: tokenizer.encode(text, { add_special_tokens: false }), text };
  } catch (thrown) {
    throw within(path, thrown);
  }
}
