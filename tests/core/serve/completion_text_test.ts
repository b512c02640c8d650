/** Text as tokens come, against what whole texts say. */
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "../../fast_check.ts";
import { CompletionText } from "../../../core/serve/completion_text.ts";
import { loadTokenizer, type TextTokenizer } from "../../../core/tokenizer/tokenizer.ts";
import { inFolder } from "../networks/in_folder.ts";
import { fixtureFolder } from "../networks/tiny_models.ts";
import { sentencePiece } from "../tokenizer/sentence_piece.ts";

const byteLevel = await loadTokenizer(fixtureFolder("qwen3"));

interface Followed {
  /** What `take` gave after each token, and after the end. */
  pieces: string[];
  /** Tokens until a stop string had come. */
  tokens: number;
  stopped: boolean;
}

function follow(tokenizer: TextTokenizer, ids: readonly number[], stops: readonly string[]): Followed {
  const text = new CompletionText(tokenizer, stops);
  const pieces: string[] = [];
  let tokens = 0;
  for (const id of ids) {
    tokens++;
    const stopped = text.push(id);
    pieces.push(text.take());
    if (stopped) break;
  }
  text.end();
  pieces.push(text.take());
  return { pieces, tokens, stopped: text.stopped };
}

/** The same from the whole text of ever more tokens; a character at the end that is not whole is not looked at. */
function expected(tokenizer: TextTokenizer, ids: readonly number[], stops: readonly string[]) {
  const cut = (text: string) =>
    Math.min(...stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0), Infinity);
  for (let tokens = 1; tokens <= ids.length; tokens++) {
    const text = tokenizer.decode(ids.slice(0, tokens)).replace(/\uFFFD+$/, "");
    if (cut(text) < Infinity) return { text: text.slice(0, cut(text)), tokens, stopped: true };
  }
  const text = tokenizer.decode(ids);
  return { text: text.slice(0, cut(text)), tokens: ids.length, stopped: cut(text) < Infinity };
}

function agrees(tokenizer: TextTokenizer, ids: readonly number[], stops: readonly string[]): void {
  const { pieces, tokens, stopped } = follow(tokenizer, ids, stops);
  assert.deepEqual({ text: pieces.join(""), tokens, stopped }, expected(tokenizer, ids, stops));
}

/** Ids that are a text, any ids, and stop strings that the text has, nearly has or has not. */
function cases(tokenizer: TextTokenizer) {
  const word = fc.constantFrom(
    "STOP",
    "ST",
    "S",
    " ",
    "\n\n",
    "é",
    "🙂",
    "🙃",
    "数",
    "a",
    "aab",
    "ab",
    "the",
    " cat",
  );
  const text = fc.array(word, { maxLength: 12 }).map((words) => tokenizer.encode(words.join("")));
  const any = fc.array(fc.nat(tokenizer.vocabSize + 5), { maxLength: 60 });
  const stop = fc.oneof(
    fc.constantFrom(
      "STOP",
      "TOPS",
      "aab",
      "ab",
      " ",
      "\n\n",
      "🙂",
      "🙂🙃",
      "数a",
      "\uFFFD",
      "the cat",
      "é S",
    ),
    fc.string({ minLength: 1, maxLength: 3 }),
  );
  return [fc.oneof(text, any), fc.array(stop, { maxLength: 4 })] as const;
}

Deno.test("pieces, joined, are the text before the first stop string, for any tokens and stop strings", () => {
  fc.assert(
    fc.property(...cases(byteLevel), (ids, stops) => agrees(byteLevel, ids, stops)),
    { numRuns: 500 },
  );
});

Deno.test("the same with a SentencePiece tokenizer", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "tokenizer.json"), JSON.stringify(sentencePiece()));
    const tokenizer = await loadTokenizer(folder);
    // The second id is no token's: what follows it is still not the start of the text.
    agrees(tokenizer, [3, tokenizer.vocabSize, tokenizer.encode("a cat").at(-1)!], []);
    fc.assert(
      fc.property(...cases(tokenizer), (ids, stops) => agrees(tokenizer, ids, stops)),
      { numRuns: 300 },
    );
  }));

Deno.test("what may become a stop string waits, and comes when it has not", () => {
  // The fixture has no token for capitals that go together.
  const { pieces } = follow(byteLevel, byteLevel.encode("aSTaSTOPa"), ["STOP", "STa!"]);
  assert.deepEqual(pieces, ["a", "", "", "", "STa", "", "", "", ""]);
  assert.equal(follow(byteLevel, byteLevel.encode("aST"), ["STOP"]).pieces.join(), "a,,,ST");
});

Deno.test("pieces have whole characters only", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), fc.array(fc.string()), (text, stops) => {
      fc.pre(!/<(pad|s|\/s)>|\uFFFD/.test(text)); // a text may itself have the mark of a broken character
      const ids = byteLevel.encode(text);
      for (const piece of follow(byteLevel, ids, stops.filter((stop) => stop !== "")).pieces) {
        assert.ok(piece.isWellFormed() && !piece.includes("\uFFFD"), JSON.stringify(piece));
      }
    }),
  );
});

Deno.test("length counts whole characters, those before an unfinished one in its token too", () => {
  // The fixture has a token for "j" and half of "à".
  const lengths = (ids: readonly number[]) => {
    const text = new CompletionText(byteLevel, []);
    return ids.map((id) => (text.push(id), text.length));
  };
  assert.deepEqual(lengths(byteLevel.encode("!jà!")), [1, 2, 3, 4]);
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (text) => {
    const ids = byteLevel.encode(text.replaceAll("\uFFFD", ""));
    const whole = (count: number) => byteLevel.decode(ids.slice(0, count)).replace(/\uFFFD+$/, "");
    assert.deepEqual(lengths(ids), ids.map((_, at) => whole(at + 1).length));
  }));
});

Deno.test("special tokens have no text, and nothing follows a stop string", () => {
  const text = new CompletionText(byteLevel, ["b"]);
  const ids = [1, ...byteLevel.encode("a"), 2, ...byteLevel.encode("b")];
  assert.deepEqual(ids.map((id) => text.push(id)), [false, false, false, true]);
  assert.deepEqual(byteLevel.encode("cd").map((id) => text.push(id)), [true, true]);
  text.end();
  assert.equal(text.take(), "a");
  assert.equal(text.take(), "");
});
