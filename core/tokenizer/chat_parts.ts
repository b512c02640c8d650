/**
 * A whole conversation as text, cut where the model's own answers begin and end: what is to be learned of it. Templates say
 * neither, so each answer is found by laying out the conversation up to it.
 */
import { invalid } from "../errors.ts";
import type { Chat } from "./chat_template.ts";

/** A piece of a conversation's text. */
export interface ChatPart {
  text: string;
  /** The number of the assistant's message that it is, with what ends its turn; null for what others say. */
  message: number | null;
}

/** The text of a conversation, and with `answer` up to where the next one begins. */
type Render = (chat: Chat, options: { answer: boolean }) => string;

/**
 * The pieces, which together are the text. An answer begins where the template would have the model begin it, and ends
 * where the conversation up to it ends; or, where the template lays that out otherwise once more is said, behind the next
 * of `ends`.
 *
 * @param ends texts of the tokens that end an answer
 * @throws {UserError} `invalid_request` on `messages` where the template refuses them, or an answer cannot be found
 */
export function chatParts(render: Render, chat: Chat, ends: readonly string[]): ChatPart[] {
  const { messages } = chat;
  const whole = render(chat, { answer: false });
  const upTo = (count: number, answer: boolean) =>
    render({ ...chat, messages: messages.slice(0, count) }, { answer });
  const parts: ChatPart[] = [];
  let done = 0;
  messages.forEach(({ role }, message) => {
    if (role !== "assistant") return;
    const start = Math.max(done, startOf(message));
    const end = endOf(message, start);
    if (start > done) parts.push({ text: whole.slice(done, start), message: null });
    if (end > start) parts.push({ text: whole.slice(start, end), message });
    done = end;
  });
  if (done < whole.length) parts.push({ text: whole.slice(done), message: null });
  return parts;

  function startOf(message: number): number {
    // Not every template lays out nothing.
    if (message === 0) return 0;
    const before = upTo(message, true);
    if (whole.startsWith(before)) return before.length;
    // What a model is asked with may hold more than what is kept of its answer, such as where its thoughts begin.
    if (!whole.startsWith(upTo(message, false))) throw notFound(message);
    let same = 0;
    while (whole[same] === before[same]) same++;
    return same;
  }

  function endOf(message: number, start: number): number {
    if (message === messages.length - 1) return whole.length;
    const until = upTo(message + 1, false);
    if (whole.startsWith(until)) return until.length;
    const limit = nextSaid(message, start);
    const found = ends.filter((end) => end !== "")
      .map((end) => ({ at: whole.indexOf(end, start), length: end.length }))
      .filter(({ at, length }) => at >= 0 && at + length <= limit).sort((a, b) => a.at - b.at)[0];
    if (!found) throw notFound(message);
    return found.at + found.length;
  }

  /** Where the text of the next message is, which no answer reaches. */
  function nextSaid(message: number, start: number): number {
    const { content } = messages[message + 1]!;
    const at = typeof content === "string" && content.trim() !== ""
      ? whole.indexOf(content.trim(), start)
      : -1;
    return at < 0 ? whole.length : at;
  }
}

function notFound(message: number) {
  return invalid(
    `messages.${message}`,
    "The model's chat template lays out what came before an answer otherwise once more is said: give this answer as the " +
      "last message of an example of its own",
  );
}
