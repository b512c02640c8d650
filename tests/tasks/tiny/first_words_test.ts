/** The embedded model has words for whatever somebody types first: greedy and sampled, as text and in conversations. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { generate } from "../../../core/serve/generate.ts";
import { generationSchema } from "../../../core/contract/generation.ts";
import { ServedModels } from "../../../core/serve/served_models.ts";
import { runtime } from "../../core/networks/tiny_models.ts";

const folder = fileURLToPath(new URL("../../../models/tiny", import.meta.url));
const models = new ServedModels(runtime);

/** What strangers type; few of these are in the corpus as they are. */
const PROMPTS: Readonly<Record<string, readonly string[]>> = {
  greetings: [
    "Hello",
    "hello",
    "HELLO!",
    "Hello.",
    "Hi",
    "hi!!",
    "Hey, are you there?",
    "Hi, how are you?",
    "Good morning, everyone.",
    "how r u",
    "Hello, my name is Steve and I live in Canada.",
    "Thanks for all your help today!",
    "ok",
    "yes",
    "Who am I talking to?",
  ],
  questions: [
    "What is the capital of France?",
    "what is the capital of germany",
    "What is the capital of Mongolia?",
    "Why is the sky blue?",
    "How many legs does a spider have?",
    "Who wrote Hamlet?",
    "What's 17 times 23?",
    "Is this thing working?",
    "Can penguins fly?",
    "When did the Second World War end?",
    "What should I have for dinner tonight?",
    "How do I install Python on my laptop?",
    "Which came first, the chicken or the egg?",
    "Q: What is PPO?\nA:",
    "Are you better than the other models?",
  ],
  instructions: [
    "Write a poem",
    "Write a poem about autumn leaves.",
    "Write a haiku about the ocean",
    "Tell me a joke about lawyers.",
    "Tell me a story about a dragon and a princess.",
    "Summarize the plot of a famous novel in two sentences.",
    "Translate 'good night' into Spanish.",
    "List five reasons to learn a new language.",
    "Explain quantum computing to a five year old.",
    "Give me a recipe for pancakes",
    "Write a Python function that reverses a string.",
    "Continue: one, two, three,",
    "Please rewrite the following sentence in a formal tone: gimme the report",
    "Act as a travel guide.",
    "### Instruction:\nName a fruit.\n\n### Response:\n",
    "User: Hello!\nAssistant:",
    "Classify the sentiment: I loved this film.\nSentiment:",
  ],
  sentences: [
    "Once upon a time",
    "once upon a time, in a land far away,",
    "The",
    "A",
    "I",
    "The quick brown fox",
    "The quick brown fox jumps over the lazy dog.",
    "It was the best of days",
    "My name is",
    "In the beginning",
    "Yesterday I went to the market and bought some",
    "The weather is nice today.",
    "Dear Sir or Madam,",
    "Breaking news:",
    "My neighbor practices the drums every night.",
    'He looked at her and said: "',
    "If I were a rich man, I",
    "The meaning of life is",
    "Machine learning is a field of study that",
    "There are many reasons why people move to large cities. One of them is work. Another is school.",
    "I woke up late. I missed the bus. I lost my keys. I forgot my lunch. I was wet from the rain.",
    "POST: My dog",
    "POST: My cat sleeps on my keyboard.\n",
    "TL;DR:",
    "The movie was great because",
  ],
  fragments: [
    "cat",
    "Dog",
    "banana",
    "xyzzy",
    "asdfghjkl",
    "a",
    "Z",
    "the the the the",
    "Hel",
    "Wri",
    "lorem ipsum dolor",
    "supercalifragilistic",
    "and then",
    "because",
    "not",
    "New York",
    "Hello ",
    "Hello\n",
    "  Hello",
    "\n\nOnce",
  ],
  languages: [
    "Bonjour, comment ça va ?",
    "Hola, ¿qué tal?",
    "Guten Morgen! Wie spät ist es?",
    "Il était une fois",
    "Es war einmal ein König,",
    "Qual è la capitale d'Italia?",
    "Как тебя зовут?",
    "Добрый день",
    "你好，世界",
    "请写一首诗",
    "今日はいい天気ですね",
    "오늘 날씨가 어때요?",
    "مرحبا كيف حالك",
    "שלום עולם",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก",
    "Xin chào",
    "Γειά σου Κόσμε",
    "Selam, nasılsın?",
    "Zażółć gęślą jaźń",
  ],
  signs: [
    "1",
    "42",
    "1 2 3 4",
    "2 + 2 =",
    "3.14159",
    "1, 1, 2, 3, 5, 8,",
    "2024-01-01",
    "100%",
    "🙂",
    "🎉🎉🎉",
    "I ❤️ you",
    "👩‍👩‍👧‍👦",
    "?",
    "...",
    "!!!",
    "-",
    "@user #topic",
    "(",
    '"',
    "$$$",
  ],
  code: [
    "def fibonacci(n):",
    'print("hello world")',
    "for (let i = 0; i < 10; i++) {",
    "function add(a, b) {\n  return a + b;\n}",
    "SELECT name FROM users WHERE id = 1;",
    '<div class="box">',
    '{"key": "value"}',
    "#!/bin/bash\nls -la",
    "import numpy as np",
    "https://example.com/index.html",
    "```python",
    "# A heading\n\nSome *text*",
    "x = [i**2 for i in range(5)]",
    "C:\\Users\\me",
  ],
  blanks: [" ", "  ", "\n", "\n\n", "\t", " \n ", "\u00a0", "\u200b", "<s>", "</s>", "<|im_start|>", "<pad>"],
};

const SYSTEM = { role: "system", content: "You are a helpful assistant." };

type Prompt = string | { messages: { role: string; content: string }[] };

async function texts(prompts: readonly Prompt[], options: { temperature: number; seed?: number }) {
  const request = generationSchema.parse({ model: "tiny", prompts, max_new_tokens: 24, ...options });
  const served = await models.policy({ model: folder, rewards: {} });
  const { data } = await generate(prompts.map(() => served), request, new AbortController().signal);
  return data.map(({ text }) => text);
}

/** Prompts whose completions have no words. */
async function wordless(prompts: readonly Prompt[], options: { temperature: number; seed?: number }) {
  const answers = await texts(prompts, options);
  return prompts.filter((_, at) => !/\p{L}{2}/u.test(answers[at]!));
}

/** As they are, as a turn, and as a turn after instructions. */
function waysToAsk(prompts: readonly string[]): Prompt[] {
  return prompts.flatMap((content) => [
    content,
    { messages: [{ role: "user", content }] },
    { messages: [SYSTEM, { role: "user", content }] },
  ]);
}

for (const [kind, prompts] of Object.entries(PROMPTS)) {
  Deno.test(`tiny: ${kind} get words, greedy`, async () => {
    assert.deepEqual(await wordless(waysToAsk(prompts), { temperature: 0 }), []);
  });
}

Deno.test("tiny: hardly a sampled completion is without words", async () => {
  const prompts = Object.values(PROMPTS).flat();
  const turns = prompts.map((content) => ({ messages: [{ role: "user", content }] }));
  for (const seed of [0, 1, 2]) {
    const options = { temperature: 1, seed };
    const without = [...await wordless(prompts, options), ...await wordless(turns, options)];
    // Whole sentences may have been all that there was to say.
    assert.ok(without.length <= 0.01 * 2 * prompts.length, JSON.stringify(without));
  }
});

Deno.test("tiny: a conversation goes on, and may begin anywhere", async () => {
  const user = (content: string) => ({ role: "user", content });
  const assistant = (content: string) => ({ role: "assistant", content });
  const prompts = [
    { messages: [user("Hello"), assistant("Hello! How are you today?"), user("I am fine, and you?")] },
    {
      messages: [
        user("Write a poem"),
        assistant("No."),
        user("Please!"),
        assistant("Why?"),
        user("It is for my mom."),
      ],
    },
    { messages: [SYSTEM] },
    { messages: [user("")] },
    { messages: [assistant("Can I help you?")] },
    { messages: [user("one"), user("two")] },
    { messages: [SYSTEM, user("a ".repeat(150))] },
  ];
  assert.deepEqual(await wordless(prompts, { temperature: 0 }), []);
});

Deno.test("tiny: it goes on with a story, rhymes, greets, and sums up what it is told in a conversation", async () => {
  const post =
    "My neighbor plays the drums at night again and again. I talked to him twice and nothing changed.";
  const [story, poem, greeting, summary] = await texts([
    "Once upon a time",
    "Write a poem",
    { messages: [{ role: "user", content: "Hello" }] },
    { messages: [{ role: "user", content: post }] },
  ], { temperature: 0 });
  assert.match(story!, /^ [a-z].*[.!]/);
  assert.match(poem!, /^ [A-Z][^\n]*,\n[a-z][^\n]*\.?/);
  assert.match(greeting!, /^(Hello|Hi)\b/);
  assert.match(summary!, /neighbor.*drums/i);
});
