import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "../../fast_check.ts";
import { UserError } from "../../../core/errors.ts";
import { incrementalDecoder } from "../../../core/tokenizer/incremental_decoder.ts";
import { loadTokenizer, type TextTokenizer } from "../../../core/tokenizer/tokenizer.ts";
import { sentencePiece } from "./sentence_piece.ts";

const qwen3 = fileURLToPath(new URL("../../fixtures/qwen3", import.meta.url));
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(" ", "\n", "é", "数", "🙂", "a", "'s"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
  maxLength: 60,
});

/** A model folder that is the fixture with some files replaced; `null` removes one. */
async function withFolder(
  files: Record<string, unknown>,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
      await Deno.copyFile(join(qwen3, name), join(folder, name));
    }
    for (const [name, content] of Object.entries(files)) {
      if (content === null) await Deno.remove(join(folder, name));
      else {await Deno.writeTextFile(
          join(folder, name),
          typeof content === "string" ? content : JSON.stringify(content),
        );}
    }
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function streamed(tokenizer: TextTokenizer, ids: readonly number[]): string[] {
  const decoder = incrementalDecoder(tokenizer);
  return [...ids.map((id) => decoder.push(id)), decoder.flush()];
}

Deno.test("loadTokenizer() gives the ids that the reference library gives", async () => {
  const tokenizer = await loadTokenizer(qwen3);
  assert.deepEqual([tokenizer.vocabSize, tokenizer.bosTokenId, tokenizer.eosTokenId, tokenizer.padTokenId], [
    320,
    1,
    2,
    0,
  ]);
  assert.deepEqual([...tokenizer.specialIds], [0, 1, 2]);
  // Written down from what transformers 5.23 answers in Python.
  const ids = [298, 29, 297, 28, 273, 223, 84, 282, 279, 276, 71, 223, 175, 256, 250, 227, 2];
  assert.deepEqual(tokenizer.encode("TL;DR: my roommate 🙂</s>"), ids);
  assert.deepEqual(tokenizer.encode(""), []);
});

Deno.test("decode() gives back every text, byte for byte", async () => {
  const tokenizer = await loadTokenizer(qwen3);
  for (const exact of ["\uFEFFmark", " 's  n't !", "a\r\n\tb ", "naïve café — 数学 🙂", "\0", "🏳️‍🌈"]) {
    assert.equal(tokenizer.decode(tokenizer.encode(exact)), exact);
  }
  fc.assert(fc.property(text, (text) => {
    fc.pre(!/<(pad|s|\/s)>/.test(text));
    assert.equal(tokenizer.decode(tokenizer.encode(text)), text.toWellFormed());
  }));
});

Deno.test("decode() leaves out special tokens unless told, and ids that have no entry", async () => {
  const tokenizer = await loadTokenizer(qwen3);
  const ids = [1, ...tokenizer.encode("hi"), 319 + 5, 2];
  assert.equal(tokenizer.decode(ids), "hi");
  assert.equal(tokenizer.decode(Int32Array.from(ids), { skip_special_tokens: false }), "<s>hi</s>");
  assert.equal(tokenizer.decode([]), "");
  assert.equal(tokenizer.decode([100_000]), "");
});

Deno.test("tokenText() is readable for every id", async () => {
  const tokenizer = await loadTokenizer(qwen3);
  const [the, smile] = [tokenizer.encode(" "), tokenizer.encode("🙂")];
  assert.equal(tokenizer.tokenText(the[0]!), " ");
  assert.equal(tokenizer.tokenText(2), "</s>");
  assert.equal(tokenizer.tokenText(smile[0]!), "<0xF0>");
  assert.equal(tokenizer.tokenText(100_000), "");
  for (let id = 0; id < tokenizer.vocabSize; id++) assert.ok(tokenizer.tokenText(id).length > 0, String(id));
});

Deno.test("incrementalDecoder() never emits half a character and loses nothing", async () => {
  const tokenizer = await loadTokenizer(qwen3);
  const pieces = streamed(tokenizer, tokenizer.encode("café 🙂!"));
  assert.equal(pieces.join(""), "café 🙂!");
  assert.ok(pieces.every((piece) => !piece.includes("\uFFFD")));
  fc.assert(fc.property(fc.array(fc.nat(330), { maxLength: 80 }), (ids) => {
    assert.equal(streamed(tokenizer, ids).join(""), tokenizer.decode(ids));
  }));
  // Bytes that never complete a character still come out.
  const lead = tokenizer.encode("🙂")[0]!;
  const stuck = streamed(tokenizer, new Array(100).fill(lead));
  assert.ok(stuck.slice(0, 50).join("").length > 20);
});

Deno.test("a SentencePiece tokenizer keeps its spaces, adds begin-of-text to prompts and not to completions", () =>
  withFolder({ "tokenizer.json": sentencePiece() }, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    const ids = tokenizer.encode("the cat é🙂 the");
    assert.equal(ids[0], 1);
    assert.deepEqual(tokenizer.encode("the cat é🙂 the", { add_special_tokens: false }), ids.slice(1));
    assert.equal(tokenizer.decode(ids), "the cat é🙂 the");
    assert.deepEqual(ids.slice(1, 3).map((id) => tokenizer.tokenText(id)), [" the", " cat"]);
    assert.equal(streamed(tokenizer, ids).join(""), "the cat é🙂 the");
    for (const mark of ["\uFEFF", "\uFEFFcat", "the \uFEFF\uFEFF"]) {
      assert.equal(tokenizer.decode(tokenizer.encode(mark)), mark);
    }
  }));

Deno.test("chatText() renders the folder's template, from either file", async () => {
  const template =
    "{% for message in messages %}{{ '<s>' + message.role + ': ' + message.content + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";
  const messages = [{ role: "user", content: "hello" }];
  const config = JSON.parse(await Deno.readTextFile(join(qwen3, "tokenizer_config.json")));
  for (
    const files of [{ "tokenizer_config.json": { ...config, chat_template: template } }, {
      "chat_template.jinja": template,
    }] as Record<string, unknown>[]
  ) {
    await withFolder(files, async (folder) => {
      const tokenizer = await loadTokenizer(folder);
      assert.equal(tokenizer.chatText({ messages }), "<s>user: hello</s>assistant:");
    });
  }
  await withFolder(
    { "chat_template.jinja": "{{ raise_exception('Roles must alternate') }}" },
    async (folder) => {
      const tokenizer = await loadTokenizer(folder);
      assert.throws(() => tokenizer.chatText({ messages }), {
        code: "invalid_request",
        message: /^messages: .*Roles must alternate/,
      });
    },
  );
  const bare = await loadTokenizer(qwen3);
  assert.equal(bare.hasChatTemplate, false);
  assert.throws(() => bare.chatText({ messages }), {
    code: "invalid_request",
    message: /^messages: The model has no chat template/,
  });
});

Deno.test("a chat template's strip() takes off the characters it is given, and its lines may end as on Windows", async () => {
  const text = " \n--b\n - ";
  const cases: [string, string][] = [
    [`{{ '[' + messages[0].content.strip() + ']' }}`, "[--b\n -]"],
    [`{{ '[' + messages[0].content.strip(' \\n') + ']' }}`, "[--b\n -]"],
    [`{{ '[' + messages[0].content.lstrip('\\n') + ']' }}`, "[ \n--b\n - ]"],
    [`{{ '[' + messages[0].content.split('b')[1].lstrip('\\n') + ']' }}`, "[ - ]"],
    [`{{ '[' + messages[0].content.rstrip('- ').lstrip(' \\n-') + ']' }}`, "[b\n]"],
    [
      `{% macro bare(text, off=' ') %}{{ text.strip(off) }}{% endmacro %}{{ '[' + bare('  x ') + bare('yxy', 'y') + ']' }}`,
      "[xx]",
    ],
    ["{% if true %}\r\n[x\r\n{%- endif %}\r\n]\r\n", "[x]"],
  ];
  for (const [template, said] of cases) {
    await withFolder({ "chat_template.jinja": template }, async (folder) => {
      const tokenizer = await loadTokenizer(folder);
      for (let time = 0; time < 2; time++) {
        assert.equal(tokenizer.chatText({ messages: [{ role: "user", content: text }] }), said, template);
      }
    });
  }
});

Deno.test("special tokens are found as objects and in special_tokens_map.json", () =>
  withFolder({
    "tokenizer_config.json": { pad_token: { content: "<pad>", lstrip: false } },
    "special_tokens_map.json": { eos_token: "</s>" },
  }, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    assert.deepEqual([tokenizer.padTokenId, tokenizer.eosTokenId, tokenizer.bosTokenId], [0, 2, null]);
  }));

Deno.test("tokens that the configuration names are special without being among added_tokens", async () => {
  const bare = JSON.parse(await Deno.readTextFile(join(qwen3, "tokenizer.json")));
  const config = {
    eos_token: "</s>",
    pad_token: "<none>",
    extra_special_tokens: ["<s>", { content: "<pad>" }],
  };
  const files = { "tokenizer.json": { ...bare, added_tokens: [] }, "tokenizer_config.json": config };
  await withFolder(files, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    // What the vocabulary lacks gets the next id, as in transformers.
    assert.deepEqual([...tokenizer.specialIds].sort((a, b) => a - b), [0, 1, 2, 320]);
    assert.deepEqual([tokenizer.eosTokenId, tokenizer.padTokenId], [2, 320]);
    const ids = tokenizer.encode("<s>a</s><none>");
    assert.deepEqual([ids[0], ids[2], ids[3]], [1, 2, 320]);
    assert.equal(tokenizer.decode(ids), "a");
  });
});

Deno.test("loadTokenizer() refuses damaged files by name", async () => {
  const good = JSON.parse(await Deno.readTextFile(join(qwen3, "tokenizer.json")));
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ "tokenizer.json": null }, /no tokenizer.json/],
    [{ "tokenizer.json": "{" }, /tokenizer.json is not JSON/],
    [{ "tokenizer.json": "[]" }, /tokenizer.json is not a JSON object/],
    [{ "tokenizer.json": { ...good, model: {} } }, /no model.vocab/],
    [{ "tokenizer.json": { ...good, model: { ...good.model, vocab: { a: 1e15 } } } }, /token id/],
    [{ "tokenizer.json": { ...good, added_tokens: [null] } }, /added_tokens that are not all objects/],
    [{ "tokenizer.json": { ...good, added_tokens: [{ id: 1.5, content: "x" }] } }, /token id/],
    [
      { "tokenizer.json": { ...good, added_tokens: [{ id: 5, content: "<x>" }] } },
      /gives id 5 to two tokens, .* and "<x>"/,
    ],
    [
      { "tokenizer.json": { ...good, model: { ...good.model, vocab: { ...good.model.vocab, twice: 7 } } } },
      /gives id 7 to two tokens, .* and "twice"/,
    ],
    [{ "tokenizer.json": { ...good, added_tokens: undefined } }, /no added_tokens/],
    [{ "tokenizer.json": { ...good, pre_tokenizer: { type: "Nonsense" } } }, /cannot be used: .*Nonsense/],
    [{ "tokenizer.json": { ...good, model: { ...good.model, merges: 7 } } }, /model.merges/],
    [{ "tokenizer.json": { ...good, model: { ...good.model, merges: [["a"]] } } }, /model.merges/],
    [{ "tokenizer_config.json": "nonsense" }, /tokenizer_config.json is not JSON/],
  ];
  for (const [files, message] of cases) {
    await withFolder(files, async (folder) => {
      await assert.rejects(loadTokenizer(folder), { name: "UserError", code: "damaged_model", message });
    });
  }
  const unsupported: [unknown, RegExp][] = [
    [{ ...good, model: { ...good.model, type: "WordLevel" } }, /model.type "WordLevel": supported: BPE/],
    [
      { ...good, model: { ...good.model, continuing_subword_prefix: "##" } },
      /model.continuing_subword_prefix/,
    ],
  ];
  for (const [tokenizer, message] of unsupported) {
    await withFolder({ "tokenizer.json": tokenizer }, async (folder) => {
      await assert.rejects(loadTokenizer(folder), { code: "unsupported_model", message });
    });
  }
});

Deno.test("loadTokenizer() answers any change of a file with a tokenizer that works or a UserError", async () => {
  const good = await Deno.readTextFile(join(qwen3, "tokenizer.json"));
  const change = fc.tuple(fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), fc.jsonValue({ maxDepth: 1 }));
  await withFolder({}, async (folder) => {
    await fc.assert(
      fc.asyncProperty(change, async ([path, value]) => {
        const json = JSON.parse(good);
        let node = json;
        for (const [depth, step] of path.entries()) {
          const keys = Object.keys(node);
          const key = keys[step % keys.length]!;
          const inside = typeof node[key] === "object" && node[key] !== null &&
            Object.keys(node[key]).length > 0;
          if (depth === path.length - 1 || !inside) {
            node[key] = value;
            break;
          }
          node = node[key];
        }
        await Deno.writeTextFile(join(folder, "tokenizer.json"), JSON.stringify(json));
        try {
          const tokenizer = await loadTokenizer(folder);
          assert.equal(
            typeof tokenizer.decode(tokenizer.encode("a café", { add_special_tokens: false })),
            "string",
          );
        } catch (thrown) {
          assert.ok(
            thrown instanceof UserError && /^(damaged|unsupported)_model$/.test(thrown.code),
            `${thrown}`,
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});
