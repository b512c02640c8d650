/** Texts cut to a length between code points: half of a surrogate pair is no text. */

/** The beginning of a text, at most `length` UTF-16 units and never half a character more. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  return text.slice(0, isPair(text, length) ? length - 1 : length);
}

/** The end of a text, likewise. */
export function cutTextBefore(text: string, length: number): string {
  if (text.length <= length) return text;
  const start = text.length - length;
  return text.slice(isPair(text, start) ? start + 1 : start);
}

/** Whether a cut would part a pair of surrogates. */
function isPair(text: string, at: number): boolean {
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

/** A text without halves of surrogate pairs, which the messages of JavaScript's own parsers have where they cut. */
export function wholeText(text: string): string {
  return text.isWellFormed() ? text : text.replace(/\p{Surrogate}/gu, "…");
}
