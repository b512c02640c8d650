/**
 * Chat templates against transformers' own renderer: tests/fixtures/make_templates.py wrote down what it makes of each. A
 * template gives that text, raises where Python does, or is refused by name.
 */
import assert from "node:assert/strict";
import { UserError } from "../../../core/errors.ts";
import { type Chat, type ChatMessage, ChatTemplates } from "../../../core/tokenizer/chat_template.ts";

interface Conversation extends Omit<Chat, "chat_template_kwargs"> {
  kwargs?: Record<string, unknown>;
}

interface Fixtures {
  clock: string;
  tokens: Record<string, string>;
  conversations: Conversation[];
  /** The text of each conversation; null where Python raises. */
  templates: { name: string; template: string; texts: (string | null)[] }[];
  /** `machine` where Python prints an address or something drawn by chance. */
  expressions: { expression: string; text: string | null | { machine: true } }[];
}

const fixtures: Fixtures = JSON.parse(
  await Deno.readTextFile(new URL("../../fixtures/chat-templates.json", import.meta.url)),
);

/** The text, null for what Python raises, or the name of what is refused. */
function rendered(template: string, { kwargs, ...chat }: Conversation): string | null | { refused: string } {
  const templates = new ChatTemplates(template, fixtures.tokens, () => new Date(fixtures.clock));
  try {
    return templates.render({ ...chat, chat_template_kwargs: kwargs });
  } catch (thrown) {
    assert.ok(thrown instanceof UserError, `${template}: ${thrown}`);
    const [, refused] = /^messages: (.*?),? is not supported in chat templates here$/.exec(thrown.message) ??
      [];
    return refused === undefined ? null : { refused };
  }
}

Deno.test("templates of many families give transformers' text of every conversation", () => {
  assert.ok(fixtures.templates.length >= 60);
  for (const { name, template, texts } of fixtures.templates) {
    fixtures.conversations.forEach((conversation, at) => {
      const said = rendered(template, conversation);
      // There are no other templates to include: Python raises as well.
      if (name === "include" || name === "import") assert.deepEqual(said, { refused: `The tag ${name}` });
      else assert.deepEqual(said, texts[at], `${name}, conversation ${at}`);
    });
  }
});

/** Every expression that is refused, and by what name; Python's text is known of few of them. */
const REFUSALS: Record<string, string> = {
  "'{:c}'.format(65)": "c in a format specification",
  "'{:n}'.format(5)": "n in a format specification",
  "'x'|attr('upper')": "Printing a function, which Python does with its address",
  "'abc'.upper": "Printing a function, which Python does with its address",
  "range": "Printing a function, which Python does with its address",
  "namespace": "Printing a function, which Python does with its address",
  "'a'.format": "Printing a function, which Python does with its address",
  "dict": "Printing a TemplateDict",
  "joiner(',')": "Printing a Joiner",
  "lipsum()": "lipsum, which is drawn by chance",
  "''.__class__": "The attribute __class__",
  "[].__len__": "The attribute __len__",
  "'\\U0001F600'.encode": "str.encode",
  "'straße'.casefold()": "str.casefold",
  "'x'.translate({})": "str.translate",
  "'x'.maketrans('a','b')": "str.maketrans",
  "'一'.isnumeric()": "isnumeric of Chinese characters",
  "[1,2]|random": "The filter random",
  "'x'|pprint": "The filter pprint",
  "'a b'|wordwrap(1)": "The filter wordwrap",
  "'http://x.y'|urlize": "The filter urlize",
  "'<b>x</b>'|striptags": "The filter striptags",
  "{'a':1}|xmlattr": "The filter xmlattr",
};

Deno.test("expressions print what Python prints, or are refused by name", () => {
  assert.ok(fixtures.expressions.length >= 700);
  const refusals: Record<string, string> = {};
  for (const { expression, text } of fixtures.expressions) {
    const said = rendered(`{{ ${expression} }}`, fixtures.conversations[0]!);
    if (typeof said === "object" && said !== null) refusals[expression] = said.refused;
    else assert.deepEqual(said, text, expression);
  }
  assert.deepEqual(refusals, REFUSALS);
});

const say = (content: unknown): ChatMessage[] => [{ role: "user", content }];

Deno.test("a template among several is the one for tools, or else the default", () => {
  const templates = new ChatTemplates(
    [{ name: "default", template: "plain" }, { name: "tool_use", template: "{{ tools | length }} tools" }],
    {},
  );
  assert.equal(templates.render({ messages: say("a") }), "plain");
  assert.equal(templates.render({ messages: say("a"), tools: [{}, {}] }), "2 tools");
  assert.throws(
    () => new ChatTemplates([{ name: "rag", template: "x" }], {}).render({ messages: say("a") }),
    /messages: .*several templates.*rag/,
  );
});

Deno.test("what JavaScript's JSON does not keep is refused where a template would see it", () => {
  const templates = new ChatTemplates("{{ messages[0].content | tojson }}", {});
  const render = (content: unknown) => templates.render({ messages: say(content) });
  assert.equal(render({ b: 1, a: 2 }), '{"b": 1, "a": 2}');
  assert.equal(render(2 ** 53 - 1), "9007199254740991");
  assert.throws(() => render(2 ** 53), /An integer beyond 2\^53 is not supported/);
  assert.throws(() => render({ b: 1, "1": 2 }), /The key "1" among others in an object is not supported/);
});

Deno.test("a template that never ends or fills the memory is refused", () => {
  for (
    const template of [
      "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
      "{% for i in range(100000) %}{{ 'x' * 1000000 }}{% endfor %}",
      "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
      "{{ 9 ** (9 ** 9) }}",
      "{{ '%1000000000d' % 1 }}",
      "{{ 'x'.ljust(10 ** 12) }}",
      `{{ ${"(".repeat(5000)}1${")".repeat(5000)} }}`,
      `${"{% if true %}".repeat(5000)}${"{% endif %}".repeat(5000)}`,
      `{{ ${"-".repeat(5000)}1 }}`,
      `{{ ${"[".repeat(5000)}${"]".repeat(5000)} }}`,
    ]
  ) {
    assert.throws(
      () => new ChatTemplates(template, {}).render({ messages: say("a") }),
      { code: "invalid_request" },
      template.slice(0, 60),
    );
  }
});
