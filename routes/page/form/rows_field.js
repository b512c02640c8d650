/** Rows of a job as lines: a text with \n for line breaks, or JSON. */
import { useEffect, useState } from "preact/hooks";
import { html } from "../lib/html.js";

function readLine(line) {
  if (/^\s*[{"]/.test(line)) {
    try {
      return JSON.parse(line);
    } catch { /* A text after all, or JSON that is being typed. */ }
  }
  return line.replaceAll("\\n", "\n");
}

/** @returns undefined: none */
export function readRows(text) {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.length === 0 ? undefined : lines.map(readLine);
}

export function writeRows(rows) {
  return (rows ?? []).map((row) =>
    typeof row === "string" && !/^\s*[{"]/.test(row) && !row.includes("\\n")
      ? row.replaceAll("\n", "\\n")
      : JSON.stringify(row)
  ).join("\n");
}

const HINTS = {
  prompts: 'One prompt a line, \\n for a line break; or JSON: { "text": …, "answer": … }',
  examples: 'One JSON object a line: { "prompt": …, "completion": … }',
  preferences: 'One JSON object a line: { "prompt": …, "chosen": …, "rejected": … }',
};

export function RowsField({ id, value, set, attributes }) {
  const [text, setText] = useState(writeRows(value));
  useEffect(() => {
    if (JSON.stringify(readRows(text)) !== JSON.stringify(value)) setText(writeRows(value));
  }, [JSON.stringify(value)]);
  return html`
    <textarea
      class="input mono"
      id=${id}
      rows="6"
      placeholder=${HINTS[id.replace("field-", "")] ?? "One JSON value a line"}
      value=${text}
      ...${attributes}
      onInput=${(event) => {
        setText(event.currentTarget.value);
        set(readRows(event.currentTarget.value));
      }}
    ></textarea>
  `;
}
RowsField.isWide = true;
