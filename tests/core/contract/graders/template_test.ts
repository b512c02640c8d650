/** Templates of graders: what they read, and what they cannot reach. */
import assert from "node:assert/strict";
import {
  BadTemplate,
  fillTemplate,
  InvalidVariable,
  MAX_FILLED_CHARS,
  parseTemplate,
} from "../../../../core/contract/graders/template.ts";

const item = { a: { b: ["x", { c: 1 }] }, "odd key": true, "a.b": "dotted", none: null, list: [1, 2] };
const variables = { item, sample: { output_text: "yes" } };
const filled = (text: string, given = variables) => fillTemplate(parseTemplate(text), given);

Deno.test("templates read keys and indices, and leave the rest as it is", () => {
  const cases: Record<string, string> = {
    "": "",
    "plain { text } }}": "plain { text } }}",
    "{{sample.output_text}}": "yes",
    "a {{ sample.output_text }} b {{item.a.b[0]}}": "a yes b x",
    "{{ item.a.b[1].c }}": "1",
    '{{ item["odd key"] }}': "true",
    "{{ item['a.b'] }}": "dotted",
    "{{ item.none }}": "null",
    "{{ item.list }}": "[1,2]",
    "{{ item.a }}": '{"b":["x",{"c":1}]}',
    "{{ item.list[1] }}{{ item.list[0] }}": "21",
  };
  for (const [text, expected] of Object.entries(cases)) assert.equal(filled(text), expected, text);
});

Deno.test("what is filled in is not read as a template again", () => {
  assert.equal(
    filled("{{ sample.output_text }}", { item, sample: { output_text: "{{ item.a }}" } }),
    "{{ item.a }}",
  );
});

Deno.test("what is not there is an invalid variable, prototypes among it", () => {
  const names = ["item.c", "item.a.b[7]", "sample.output_json", "item.a.b.length", "item.list[0].x"];
  const tricks = [
    "item.constructor",
    "item.__proto__",
    "item.a.__proto__.x",
    "item.list.map",
    "sample.toString",
  ];
  for (const name of [...names, ...tricks]) {
    assert.throws(() => filled(`{{ ${name} }}`), InvalidVariable, name);
  }
});

Deno.test("what is no template is refused", () => {
  const cases = [
    "{{ other.a }}",
    "{{ item.a",
    "{{ }}",
    "{{ item.a + 1 }}",
    "{{ item.a() }}",
    "{{ items.a }}",
  ];
  for (const text of cases) assert.throws(() => parseTemplate(text), BadTemplate, text);
});

Deno.test("a filled-in text is bounded", () => {
  const long = { item: { text: "a".repeat(MAX_FILLED_CHARS) }, sample: {} };
  assert.throws(() => filled("{{ item.text }}b", long as never), RangeError);
});
