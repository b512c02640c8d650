/** A row as graders see it: the item that it is, and what the model has said, in OpenAI's form. */
import type { Item } from "../contract/item.ts";

/** A model's answer as templates and Python read it. */
export interface Sample {
  output_text: string;
  /** Only where it was asked for and the text is JSON. */
  output_json?: unknown;
  output_tools: unknown[];
  choices: unknown[];
}

export interface GradedRow {
  item: Item;
  sample: Sample;
  /** Whether `output_json` was asked for and the text is no JSON. */
  unparsed: boolean;
}

export interface SampleOptions {
  /** Whether the text is to be read as JSON. */
  json: boolean;
  /** Whether it ended by itself. */
  terminated?: boolean;
}

/** The row of a text. */
export function gradedRow(item: Item, text: string, { json, terminated = true }: SampleOptions): GradedRow {
  const sample: Sample = {
    output_text: text,
    output_tools: [],
    choices: [{
      index: 0,
      message: { role: "assistant", content: text, refusal: null, tool_calls: [] },
      finish_reason: terminated ? "stop" : "length",
    }],
  };
  if (!json) return { item, sample, unparsed: false };
  try {
    return { item, sample: { ...sample, output_json: JSON.parse(text) as unknown }, unparsed: false };
  } catch {
    return { item, sample, unparsed: true };
  }
}
