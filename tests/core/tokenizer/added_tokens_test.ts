/** Tokens beside a vocabulary in all their forms: ids and texts are those that tests/fixtures/make_added_tokens.py wrote down. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadTokenizer } from "../../../core/tokenizer/tokenizer.ts";

interface Case {
  tokenizer: string;
  added_tokens: { content: string }[];
  config: Record<string, unknown>;
  special_tokens_map?: Record<string, unknown>;
  special: number[];
  names: Record<string, string>;
  /** Ids as a completion, and their text with special tokens and without. */
  texts: { text: string; ids: number[]; all: string; plain: string }[];
}

const { tokenizers, cases }: { tokenizers: Record<string, { added_tokens: unknown[] }>; cases: Case[] } = JSON
  .parse(await Deno.readTextFile(new URL("../../fixtures/added-tokens.json", import.meta.url)));

async function withFiles(files: Record<string, unknown>, work: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, value] of Object.entries(files)) {
      if (value !== undefined) await Deno.writeTextFile(join(folder, name), JSON.stringify(value));
    }
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const [name, base] of Object.entries(tokenizers)) {
  Deno.test(`${name}: added tokens are found, decoded and special as in transformers`, async () => {
    const own = cases.filter((one) => one.tokenizer === name);
    assert.ok(own.length >= 12);
    for (const { added_tokens, config, special_tokens_map, special, names, texts } of own) {
      const files = {
        "tokenizer.json": { ...base, added_tokens: [...base.added_tokens, ...added_tokens] },
        // A template prints the names that templates get.
        "tokenizer_config.json": {
          ...config,
          chat_template: Object.keys(names).map((key) => `{{ ${key} }}`).join("|"),
        },
        "special_tokens_map.json": special_tokens_map,
      };
      await withFiles(files, async (folder) => {
        const label = JSON.stringify({ added_tokens, config, special_tokens_map });
        const tokenizer = await loadTokenizer(folder);
        assert.deepEqual([...tokenizer.specialIds].sort((a, b) => a - b), special, label);
        if (Object.keys(names).length > 0) {
          assert.equal(
            tokenizer.chatText({ messages: [{ role: "user" }] }),
            Object.values(names).join("|"),
            label,
          );
        }
        for (const { text, ids, all, plain } of texts) {
          const said = `${label} ${JSON.stringify(text)}`;
          assert.deepEqual(tokenizer.encode(text, { add_special_tokens: false }), ids, said);
          assert.equal(tokenizer.decode(ids, { skip_special_tokens: false }), all, said);
          assert.equal(tokenizer.decode(ids), plain, said);
        }
      });
    }
  });
}
