import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { continuationIds } from "../../../core/tokenizer/continuation_ids.ts";
import { loadTokenizer } from "../../../core/tokenizer/tokenizer.ts";
import { inFolder } from "../networks/in_folder.ts";
import { sentencePiece } from "./sentence_piece.ts";

Deno.test("continuationIds() leaves out the space that SentencePiece puts before every text", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "tokenizer.json"), JSON.stringify(sentencePiece()));
    const tokenizer = await loadTokenizer(folder);
    const plain = { add_special_tokens: false };
    for (
      const [before, text] of [["the", " cat"], ["the ", "cat"], ["the", "cat"], ["a\n", "the cat"], [
        "t",
        "he",
      ]] as const
    ) {
      const first = tokenizer.encode(before, plain);
      const ids = continuationIds(tokenizer, before, text);
      assert.equal(tokenizer.decode([...first, ...ids]), before + text, `${before}|${text}`);
    }
    // A space too many, as it is by itself.
    const alone = tokenizer.encode("cat", plain);
    assert.equal(tokenizer.decode([...tokenizer.encode("the ", plain), ...alone]), "the  cat");
    assert.deepEqual(continuationIds(tokenizer, "", "cat"), alone);
  }));

Deno.test("continuationIds() of a byte-level tokenizer are the text's own", async () => {
  const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../../models/tiny", import.meta.url)));
  for (const [before, text] of [["TL;DR:", " my bike"], ["a", "b"], ["\n", "\nx"]] as const) {
    assert.deepEqual(
      continuationIds(tokenizer, before, text),
      tokenizer.encode(text, { add_special_tokens: false }),
    );
  }
});
