/** transformers' `tojson` filter: Python's `json.dumps` with its separators, without HTML's escapes. */
import { bind } from "./arguments.ts";
import { TemplateFault } from "./faults.ts";
import { reprFloat } from "./printing.ts";
import { repeated } from "./text_methods.ts";
import {
  asInt,
  compareText,
  Dict,
  iterate,
  type Kwargs,
  less,
  Markup,
  truth,
  Tuple,
  typeName,
  unmarked,
  type Value,
} from "./values.ts";

interface Layout {
  ascii: boolean;
  indent: string | null;
  between: string;
  after: string;
  sorted: boolean;
}

function float(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? reprFloat(value) : value < 0 ? "-Infinity" : "Infinity";
}

function string(text: string, ascii: boolean): string {
  const quoted = JSON.stringify(text);
  if (!ascii) return quoted;
  return quoted.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function keyText(key: Value): string {
  if (typeof key === "string") return key;
  if (key === null) return "null";
  if (typeof key === "boolean") return String(key);
  if (typeof key === "bigint") return key.toString();
  if (typeof key === "number") return float(key);
  throw new TemplateFault(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

function write(value: Value, layout: Layout, level: number): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return float(value);
  if (typeof value === "string") return string(value, layout.ascii);
  if (value instanceof Markup) return string(value.text, layout.ascii);
  if (level > 200) throw new TemplateFault("maximum recursion depth exceeded");
  const line = layout.indent === null ? "" : "\n" + repeated(layout.indent, level + 1);
  const close = layout.indent === null ? "" : "\n" + repeated(layout.indent, level);
  const all = (open: string, items: string[], end: string) =>
    items.length === 0 ? open + end : open + line + items.join(layout.between + line) + close + end;
  if (Array.isArray(value) || value instanceof Tuple) {
    return all("[", Array.from(iterate(value), (item) => write(item, layout, level + 1)), "]");
  }
  if (value instanceof Dict) {
    let entries = [...value.entries()];
    if (layout.sorted) {
      entries = entries.sort(([a], [b]) =>
        typeof a === "string" && typeof b === "string"
          ? compareText(a, b)
          : less(a, b)
          ? -1
          : less(b, a)
          ? 1
          : 0
      );
    }
    const items = entries.map(([key, item]) =>
      string(keyText(key), layout.ascii) + layout.after + write(item, layout, level + 1)
    );
    return all("{", items, "}");
  }
  throw new TemplateFault(`Object of type ${typeName(value)} is not JSON serializable`);
}

export function toJson(value: Value, args: readonly Value[], kwargs: Kwargs): Value {
  const [ascii, indent, separators, sorted] = bind(
    "tojson",
    ["ensure_ascii", "indent", "separators", "sort_keys"],
    args,
    kwargs,
  );
  const step = asInt(indent);
  const given = separators === undefined || separators === null ? undefined : [...iterate(separators)];
  if (given && (given.length !== 2 || !given.every((one) => typeof one === "string"))) {
    throw new TemplateFault("separators must be two texts");
  }
  if (indent !== undefined && indent !== null && step === undefined && typeof indent !== "string") {
    throw new TemplateFault("indent must be a number or a text");
  }
  const indented = indent !== undefined && indent !== null;
  const [between, after] = given as [string, string] | undefined ?? [indented ? "," : ", ", ": "];
  return write(value, {
    ascii: ascii !== undefined && truth(ascii),
    indent: !indented
      ? null
      : typeof indent === "string"
      ? unmarked(indent) as string
      : repeated(" ", Number(step)),
    ...{ between, after, sorted: sorted !== undefined && truth(sorted) },
  }, 0);
}
