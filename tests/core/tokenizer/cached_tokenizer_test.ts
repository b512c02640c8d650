import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cachedTokenizer } from "../../../core/tokenizer/cached_tokenizer.ts";
import { inFolder } from "../networks/in_folder.ts";

const QWEN3 = fileURLToPath(new URL("../../fixtures/qwen3", import.meta.url));
const FILES = ["tokenizer.json", "tokenizer_config.json"];

Deno.test("cachedTokenizer() reads a folder once, and again when a file of it has changed", () =>
  inFolder(async (folder) => {
    for (const name of FILES) {
      await Deno.copyFile(join(QWEN3, name), join(folder, name)).catch(() => {});
    }
    const first = await cachedTokenizer(folder);
    assert.equal(await cachedTokenizer(folder), first);
    const [one, other] = await Promise.all([cachedTokenizer(folder), cachedTokenizer(folder)]);
    assert.equal(one, other);
    await Deno.writeTextFile(join(folder, "chat_template.jinja"), "{{ messages[0].content }}");
    const second = await cachedTokenizer(folder);
    assert.notEqual(second, first);
    assert.equal(second.chatText({ messages: [{ role: "user", content: "hello" }] }), "hello");

    await Deno.remove(join(folder, "tokenizer.json"));
    await assert.rejects(cachedTokenizer(folder), { code: "damaged_model" });
    await Deno.copyFile(join(QWEN3, "tokenizer.json"), join(folder, "tokenizer.json"));
    assert.deepEqual((await cachedTokenizer(folder)).encode("abc"), first.encode("abc"));
  }));
