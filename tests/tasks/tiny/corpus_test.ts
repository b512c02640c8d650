import assert from "node:assert/strict";
import { join } from "node:path";
import { loadTokenizer } from "../../../core/tokenizer/tokenizer.ts";
import { SPECIAL_TOKENS, tokenizerFiles, trainBpe, TURN_TOKENS } from "../../../tasks/tiny/bpe.ts";
import { corpus, type Example, type Kind } from "../../../tasks/tiny/corpus.ts";
import { DOMAINS, SLOTS } from "../../../tasks/tiny/grammar.ts";
import { makeTokenizer } from "../../../tasks/tiny/make_tokenizer.ts";
import { heldOut } from "../../../tasks/tiny/posts.ts";
import { demoPrompts } from "../../../tasks/tiny/prompts.ts";
import * as stories from "../../../tasks/tiny/story_grammar.ts";
import * as talks from "../../../tasks/tiny/talk_grammar.ts";
import { inFolder } from "../../core/networks/in_folder.ts";

const EXAMPLES = corpus(0, 20_000);
const POSTS = EXAMPLES.filter(({ kind }) => kind === "post") as (Example & { prompt: string })[];

Deno.test("corpus() is a function of its seed and gives a longer count the same beginning", () => {
  assert.deepEqual(corpus(0, 50), EXAMPLES.slice(0, 50));
  assert.notDeepEqual(corpus(1, 50), EXAMPLES.slice(0, 50));
});

Deno.test("corpus() is posts for the most part, and has some of every other kind", () => {
  const share = (kind: Kind) => EXAMPLES.filter((example) => example.kind === kind).length / EXAMPLES.length;
  assert.ok(share("post") > 0.45);
  const last = corpus(1, 2000, "last");
  assert.ok(
    last.some(({ kind }) => kind === "claim") && last.filter(({ kind }) => kind === "post").length > 600,
  );
  for (const kind of ["begun_post", "story", "told", "talk", "chat", "odd"] as const) {
    assert.ok(share(kind) > 0.03, kind);
  }
});

Deno.test("its posts are whole texts in the stated format, hardly one twice", () => {
  assert.ok(new Set(POSTS.map(({ prompt }) => prompt)).size > 0.99 * POSTS.length);
  assert.ok(new Set(POSTS.map(({ completion }) => completion)).size > POSTS.length / 2);
  for (const { prompt, completion } of POSTS) {
    assert.match(prompt, /^POST: [A-Z][^\n{}]+[.?]\nTL;DR:$/);
    assert.match(completion, /^ [^\s{}][^\n{}]+$/);
    assert.doesNotMatch(prompt + completion, / {2}|undefined/);
  }
});

Deno.test("whatever is asked, the corpus has words for it, and ends in a mark", () => {
  for (const { kind, prompt, completion } of EXAMPLES) {
    assert.match(completion, /\p{L}{2}/u);
    assert.doesNotMatch(completion, /[{}]|undefined/);
    if (kind === "story" || kind === "odd") assert.match(completion, /[.!]$/);
    assert.notEqual(prompt, "");
  }
});

Deno.test("heldOut() and the demo's prompts are never in a training corpus", () => {
  const held = heldOut(5, 200).map(({ prompt }) => prompt);
  const demo = demoPrompts();
  assert.equal(new Set(demo).size, 64);
  const posts = new Set(
    [...held, ...demo].map((prompt) => prompt.slice("POST: ".length, -"\nTL;DR:".length)),
  );
  for (const seed of [0, 5]) {
    for (const { prompt } of seed === 0 ? EXAMPLES : corpus(seed, 2000)) {
      const text = typeof prompt === "string" ? prompt : prompt.map(({ content }) => content).join("\n");
      for (const post of text.matchAll(/POST: (.+)\nTL;DR:/g)) assert.ok(!posts.has(post[1]!), post[1]);
      assert.ok(!posts.has(text.replace(/^.*: /, "")), text);
    }
  }
});

Deno.test("a summary names no food, place, day, sum or feeling that its post does not name", () => {
  const values = ["food", "city", "day", "month", "amount", "feeling", "subject", "shop", "clock", "body"]
    .flatMap((slot) => SLOTS[slot]!);
  const named = new RegExp(`\\b(${values.join("|")})\\b`, "g");
  let checked = 0;
  for (const { prompt, completion } of POSTS) {
    for (const [value] of completion.matchAll(named)) {
      assert.ok(prompt.includes(value), `${prompt}${completion}`);
      checked++;
    }
  }
  assert.ok(checked > 5000);
});

Deno.test("every slot that the grammar names is filled", () => {
  const named = JSON.stringify(DOMAINS).matchAll(/\{(\w+)\}/g);
  for (const [, name] of named) {
    assert.ok(
      Object.hasOwn(SLOTS, name!.toLowerCase()) || ["he", "him", "his"].includes(name!.toLowerCase()),
      name,
    );
  }
  const made =
    "hero later did do did2 capital country left right before after colored itscolor things thing odd odd2 sum " +
    "total three one topic poem story post ask he him his";
  const slots = new Set([...Object.keys(stories.WORLD), ...made.split(" ")]);
  for (const [, name] of JSON.stringify([stories, talks]).matchAll(/\{(\w+)\}/g)) {
    assert.ok(slots.has(name!.toLowerCase()) || slots.has(name!.toLowerCase().replace(/\d$/, "")), name);
  }
});

Deno.test("trainBpe() merges the most frequent pair first and breaks ties by order", () => {
  const { vocab, merges } = trainBpe(["ab ab ab", "cd cd", "ef ef"], 5 + 256 + 4);
  assert.deepEqual(merges, [["a", "b"], ["c", "d"], ["e", "f"], ["Ġ", "ab"]]);
  assert.deepEqual([vocab["<pad>"], vocab["<s>"], vocab["</s>"], vocab["Ġab"]], [0, 1, 2, 264]);
  assert.equal(trainBpe(["xyz"], 2000).merges.length, 0);
});

Deno.test("makeTokenizer() writes the same bytes each time, which load as a tokenizer of the corpus", () =>
  inFolder(async (folder) => {
    await makeTokenizer(folder);
    const first = await Deno.readFile(join(folder, "tokenizer.json"));
    await makeTokenizer(folder);
    assert.deepEqual(await Deno.readFile(join(folder, "tokenizer.json")), first);
    const tokenizer = await loadTokenizer(folder);
    assert.equal(tokenizer.vocabSize, 1536);
    assert.deepEqual([tokenizer.padTokenId, tokenizer.bosTokenId, tokenizer.eosTokenId], [0, 1, 2]);
    const lengths = POSTS.slice(0, 2000).map(({ prompt, completion }) => {
      const ids = tokenizer.encode(prompt), joint = tokenizer.encode(prompt + completion);
      assert.deepEqual(joint.slice(0, ids.length), ids);
      assert.equal(tokenizer.decode(joint), prompt + completion);
      return [ids.length, joint.length - ids.length] as const;
    });
    assert.ok(
      lengths.every(([prompt, summary]) => prompt >= 25 && prompt <= 72 && summary >= 4 && summary <= 30),
    );
    const summaries = lengths.map(([, summary]) => summary).sort((a, b) => a - b);
    assert.ok(summaries[200]! <= 10 && summaries[1800]! >= 18, "summaries are terse and wordy");
    const exact = "Ünïcode — 数学 🙂\n\ttabs";
    assert.equal(tokenizer.decode(tokenizer.encode(exact)), exact);
    const messages = [{ role: "system", content: "Be kind." }, { role: "user", content: "Hello" }];
    const chat =
      "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n";
    assert.equal(tokenizer.chatText({ messages }), chat);
    const parts = messages.map(({ role, content }) => ({ role, content: [{ type: "text", text: content }] }));
    assert.equal(tokenizer.chatText({ messages: parts }), chat);
    const [start, end] = [3, 4];
    const ids = tokenizer.encode(chat);
    assert.deepEqual(ids.filter((id) => id < 5), [start, end, start, end, start]);
    assert.deepEqual([start, end].filter((id) => !tokenizer.specialIds.has(id)), []);
    assert.equal(tokenizer.decode(ids), "system\nBe kind.\nuser\nHello\nassistant\n");
  }));

Deno.test("models/tiny has the tokenizer that the task makes", () =>
  inFolder(async (folder) => {
    await makeTokenizer(folder);
    for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
      const committed = new URL(`../../../models/tiny/${name}`, import.meta.url);
      assert.deepEqual(await Deno.readFile(committed), await Deno.readFile(join(folder, name)), name);
    }
  }));

Deno.test("tokenizerFiles() names every special token in both files", () => {
  const files = tokenizerFiles(trainBpe([], 261), { chat_template: "", model_max_length: 8 });
  const added = JSON.parse(files["tokenizer.json"]).added_tokens as { content: string; special: boolean }[];
  assert.deepEqual(
    added.map(({ content }) => content),
    [...Object.values(SPECIAL_TOKENS), ...Object.values(TURN_TOKENS)],
  );
  assert.equal(JSON.parse(files["tokenizer_config.json"]).eos_token, "</s>");
});
