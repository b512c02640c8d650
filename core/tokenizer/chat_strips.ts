/**
 * Jinja's `strip("\n")`, `lstrip` and `rstrip` take off the characters they are given, and templates rely on that: Qwen3's
 * and DeepSeek's take line feeds off an answer and leave its spaces. The library's take off all white space whatever they
 * are given. Such calls are made calls of functions that go to the template with the conversation.
 */

/** A node of a template's syntax tree. */
interface Node {
  type?: string;
  callee?: Node;
  args?: Node[];
  object?: Node;
  property?: Node;
  computed?: boolean;
  value?: unknown;
}

function strip(ends: { left: boolean; right: boolean }): (text: unknown, characters: unknown) => string {
  return (text, characters) => {
    if (typeof text !== "string" || typeof characters !== "string") {
      throw new TypeError("strip takes characters off a text: one of both is none");
    }
    const off = new Set(characters);
    const all = Array.from(text);
    let start = 0, end = all.length;
    while (ends.left && start < end && off.has(all[start]!)) start++;
    while (ends.right && start < end && off.has(all[end - 1]!)) end--;
    return all.slice(start, end).join("");
  };
}

const FUNCTION_OF: Record<string, string> = {
  strip: "strip_characters",
  lstrip: "lstrip_characters",
  rstrip: "rstrip_characters",
};

/** What rewritten calls call, for `apply_chat_template`. */
export const STRIPS = {
  strip_characters: strip({ left: true, right: true }),
  lstrip_characters: strip({ left: true, right: false }),
  rstrip_characters: strip({ left: false, right: true }),
};

/** Makes `text.strip(characters)` a call of `strip_characters(text, characters)`, everywhere below a node. */
function rewrite(node: unknown): void {
  if (typeof node !== "object" || node === null) return;
  for (const child of node instanceof Map ? [...node].flat() : Object.values(node)) rewrite(child);
  const { type, callee, args } = node as Node;
  if (type !== "CallExpression" || callee?.type !== "MemberExpression" || args?.length !== 1) return;
  const name = callee.computed ? undefined : FUNCTION_OF[String(callee.property?.value)];
  if (name !== undefined) {
    Object.assign(node, { callee: { type: "Identifier", value: name }, args: [callee.object, ...args] });
  }
}

/** Where the library keeps its templates once they are parsed; each is rewritten as it comes. */
export class ParsedTemplates extends Map<string, { parsed: unknown }> {
  override set(source: string, template: { parsed: unknown }): this {
    rewrite(template.parsed);
    return super.set(source, template);
  }
}
