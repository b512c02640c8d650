import assert from "node:assert/strict";
import { join } from "node:path";
import { loadTokenizer } from "../../../core/tokenizer/tokenizer.ts";
import { SPECIAL_TOKENS, tokenizerFiles, trainBpe } from "../../../tasks/tiny/bpe.ts";
import { corpus, heldOut } from "../../../tasks/tiny/corpus.ts";
import { DOMAINS, SLOTS } from "../../../tasks/tiny/grammar.ts";
import { makeTokenizer } from "../../../tasks/tiny/make_tokenizer.ts";
import { demoPrompts } from "../../../tasks/tiny/prompts.ts";
import { inFolder } from "../../core/model/in_folder.ts";

const EXAMPLES = corpus(0, 20_000);

Deno.test("corpus() is a function of its seed and gives a longer count the same beginning", () => {
  assert.deepEqual(corpus(0, 50), EXAMPLES.slice(0, 50));
  assert.notDeepEqual(corpus(1, 50), EXAMPLES.slice(0, 50));
});

Deno.test("corpus() gives distinct, whole texts in the stated format", () => {
  assert.equal(new Set(EXAMPLES.map(({ prompt }) => prompt)).size, 20_000);
  assert.ok(new Set(EXAMPLES.map(({ completion }) => completion)).size > 10_000);
  for (const { prompt, completion } of EXAMPLES) {
    assert.match(prompt, /^POST: [A-Z][^\n{}]+[.?]\nTL;DR:$/);
    assert.match(completion, /^ [^\s{}][^\n{}]+$/);
    assert.doesNotMatch(prompt + completion, / {2}|undefined/);
  }
});

Deno.test("heldOut() and the demo's prompts are never in a training corpus", () => {
  const held = new Set(heldOut(5, 200).map(({ prompt }) => prompt));
  const demo = demoPrompts();
  assert.equal(new Set(demo).size, 64);
  for (const prompt of demo) held.add(prompt);
  for (const seed of [0, 5]) {
    for (const { prompt } of seed === 0 ? EXAMPLES : corpus(seed, 2000)) assert.ok(!held.has(prompt));
  }
});

Deno.test("a summary names no food, place, day, sum or feeling that its post does not name", () => {
  const values = ["food", "city", "day", "month", "amount", "feeling", "subject", "shop", "clock", "body"]
    .flatMap((slot) => SLOTS[slot]!);
  const named = new RegExp(`\\b(${values.join("|")})\\b`, "g");
  let checked = 0;
  for (const { prompt, completion } of EXAMPLES) {
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
});

Deno.test("trainBpe() merges the most frequent pair first and breaks ties by order", () => {
  const { vocab, merges } = trainBpe(["ab ab ab", "cd cd", "ef ef"], 3 + 256 + 4);
  assert.deepEqual(merges, [["a", "b"], ["c", "d"], ["e", "f"], ["Ġ", "ab"]]);
  assert.deepEqual([vocab["<pad>"], vocab["<s>"], vocab["</s>"], vocab["Ġab"]], [0, 1, 2, 262]);
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
    const lengths = EXAMPLES.slice(0, 2000).map(({ prompt, completion }) => {
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
    const post = "My dog eats my socks.";
    assert.equal(
      tokenizer.chatText({ messages: [{ role: "user", content: post }] }),
      `POST: ${post}\nTL;DR:`,
    );
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
  const files = tokenizerFiles(trainBpe([], 259), { chat_template: "", model_max_length: 8 });
  const added = JSON.parse(files["tokenizer.json"]).added_tokens as { content: string; special: boolean }[];
  assert.deepEqual(added.map(({ content }) => content), Object.values(SPECIAL_TOKENS));
  assert.equal(JSON.parse(files["tokenizer_config.json"]).eos_token, "</s>");
});
