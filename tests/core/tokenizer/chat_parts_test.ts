/** Where answers are in the text of a conversation, for templates of many families. */
import assert from "node:assert/strict";
import { UserError } from "../../../core/errors.ts";
import { chatParts } from "../../../core/tokenizer/chat_parts.ts";
import { type Chat, ChatTemplates } from "../../../core/tokenizer/chat_template.ts";

interface Fixtures {
  clock: string;
  tokens: Record<string, string>;
  templates: { name: string; template: string }[];
}

const fixtures: Fixtures = JSON.parse(
  await Deno.readTextFile(new URL("../../fixtures/chat-templates.json", import.meta.url)),
);

const ENDS = ["</s>", "<|im_end|>", "<|end|>"];

function partsOf(template: string, chat: Chat, ends = ENDS) {
  const templates = new ChatTemplates(template, fixtures.tokens, () => new Date(fixtures.clock));
  const render = (part: Chat, { answer }: { answer: boolean }) => templates.render(part, { answer });
  return { whole: templates.render(chat, { answer: false }), parts: chatParts(render, chat, ends) };
}

const turn = (role: string, content: string) => ({ role, content });
const CHAT = {
  messages: [turn("user", "Q1"), turn("assistant", "A1"), turn("user", "Q2"), turn("assistant", "A2")],
};

const CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}" +
  "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

Deno.test("an answer is what the model would have said, with what ends its turn", () => {
  const { parts } = partsOf(CHATML, CHAT);
  assert.deepEqual(parts, [
    { text: "<|im_start|>user\nQ1<|im_end|>\n<|im_start|>assistant\n", message: null },
    { text: "A1<|im_end|>\n", message: 1 },
    { text: "<|im_start|>user\nQ2<|im_end|>\n<|im_start|>assistant\n", message: null },
    { text: "A2<|im_end|>\n", message: 3 },
  ]);
  const alone = { messages: [turn("assistant", "A1"), turn("user", "Q1")] };
  assert.deepEqual(partsOf(CHATML, alone).parts.map(({ message }) => message), [0, null]);
});

Deno.test("an answer whose thoughts are kept only while it is the last is found by what ends it", () => {
  const thinking = "{% for m in messages %}<|im_start|>{{ m.role }}\n" +
    "{% if loop.last and m.role == 'assistant' %}<think>\n\n</think>\n\n{% endif %}" +
    "{{ m.content }}<|im_end|>\n{% endfor %}" +
    "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}";
  const { parts, whole } = partsOf(thinking, CHAT);
  assert.equal(parts.map(({ text }) => text).join(""), whole);
  assert.deepEqual(parts.filter(({ message }) => message !== null), [
    { text: "A1<|im_end|>", message: 1 },
    { text: "\n</think>\n\nA2<|im_end|>\n", message: 3 },
  ]);
});

Deno.test("an answer that cannot be found is refused by its message", () => {
  const counting = "{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}";
  assert.throws(() => partsOf(counting, CHAT), {
    code: "invalid_request",
    message: /^messages\.1: .*example of its own/,
  });
});

Deno.test("a text that ends with what no turn ends with has its answers all the same", () => {
  const closed = "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}" +
    "{% if add_generation_prompt %}<|assistant|>\n{% else %}</s>{% endif %}";
  const { parts } = partsOf(closed, CHAT);
  assert.deepEqual(parts.map(({ text }) => text), [
    "<|user|>\nQ1<|end|>\n<|assistant|>\n",
    "A1<|end|>",
    "\n<|user|>\nQ2<|end|>\n<|assistant|>\n",
    "A2<|end|>\n</s>",
  ]);
  // Without the token that ends a turn, the next that ends anything is behind what others say.
  assert.throws(() => partsOf(closed, CHAT, ["</s>"]), { message: /^messages\.1: / });
});

Deno.test("templates of many families: the pieces are the text, and each answer is in a piece of its own", () => {
  let found = 0;
  for (const { name, template } of fixtures.templates) {
    let result;
    try {
      result = partsOf(template, CHAT);
    } catch (thrown) {
      assert.ok(thrown instanceof UserError, `${name}: ${thrown}`);
      continue;
    }
    const { whole, parts } = result;
    assert.equal(parts.map(({ text }) => text).join(""), whole, name);
    const answers = parts.filter(({ message }) => message !== null);
    if (!whole.includes("A1") || !whole.includes("A2")) continue;
    assert.deepEqual(answers.map(({ message }) => message), [1, 3], name);
    answers.forEach(({ text }, at) => {
      assert.ok(text.includes(`A${at + 1}`) && !/Q\d/.test(text), `${name}: ${JSON.stringify(text)}`);
    });
    found++;
  }
  assert.ok(found >= 40, String(found));
});
