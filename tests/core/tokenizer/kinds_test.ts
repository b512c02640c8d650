/** Every kind of tokenizer that is read: ids, texts and conversations are what transformers makes of them in Python. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { incrementalDecoder } from "../../../core/tokenizer/incremental_decoder.ts";
import type { ChatMessage } from "../../../core/tokenizer/chat_template.ts";
import { loadTokenizer, type TextTokenizer } from "../../../core/tokenizer/tokenizer.ts";

interface Expected {
  texts: { text: string; prompt: number[]; completion: number[]; decoded: string }[];
  /** Ids at random. */
  pieces: { ids: number[]; text: string }[];
  chats: { messages: ChatMessage[]; text: string }[];
}

const TOKENIZERS = fileURLToPath(new URL("../../fixtures/tokenizers", import.meta.url));

/** Decodes token by token: nothing that is out is taken back or is half a character. */
function streamed(tokenizer: TextTokenizer, ids: readonly number[]): string {
  const decoder = incrementalDecoder(tokenizer);
  let text = "";
  for (const id of ids) {
    text += decoder.push(id);
    assert.ok(text.isWellFormed(), `${ids}`);
  }
  return text + decoder.flush();
}

for (const name of Array.from(Deno.readDirSync(TOKENIZERS), (entry) => entry.name).sort()) {
  Deno.test(`${name}: ids, texts and conversations are those of transformers`, async () => {
    const folder = join(TOKENIZERS, name);
    const expected: Expected = JSON.parse(await Deno.readTextFile(join(folder, "expected.json")));
    const tokenizer = await loadTokenizer(folder);
    for (const { text, prompt, completion, decoded } of expected.texts) {
      assert.deepEqual(tokenizer.encode(text), prompt, text);
      assert.deepEqual(tokenizer.encode(text, { add_special_tokens: false }), completion, text);
      assert.equal(tokenizer.decode(prompt), decoded);
      assert.equal(streamed(tokenizer, prompt), decoded);
    }
    for (const { ids, text } of expected.pieces) {
      assert.equal(tokenizer.decode(ids), text, `${ids}`);
      assert.equal(streamed(tokenizer, ids), text, `${ids}`);
    }
    assert.equal(tokenizer.hasChatTemplate, expected.chats.length > 0);
    for (const { messages, text } of expected.chats) assert.equal(tokenizer.chatText({ messages }), text);
  });
}

Deno.test("every pre_tokenizer cuts a text where the Rust library does", async () => {
  const file = new URL("../../fixtures/pre-tokenizers.json", import.meta.url);
  const { tokenizer: whole, cuts } = JSON.parse(await Deno.readTextFile(file));
  const folder = await Deno.makeTempDir();
  try {
    for (const { pre_tokenizer, texts } of cuts) {
      const json = JSON.stringify({ ...whole, pre_tokenizer });
      await Deno.writeTextFile(join(folder, "tokenizer.json"), json);
      const tokenizer = await loadTokenizer(folder);
      for (const { text, ids } of texts) {
        assert.deepEqual(tokenizer.encode(text), ids, `${JSON.stringify(pre_tokenizer)} ${text}`);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a word may be as long as a text", async () => {
  for (const name of ["unigram", "unigram-bytes"]) {
    const tokenizer = await loadTokenizer(join(TOKENIZERS, name));
    const ids = tokenizer.encode("fox".repeat(50_000), { add_special_tokens: false });
    assert.equal(tokenizer.decode(ids).length, 150_000, name);
  }
});
