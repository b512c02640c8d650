import assert from "node:assert/strict";
import { Delivered } from "../../../core/processes/delivered.ts";
import type { GenerationDelta } from "../../../core/contract/generation.ts";

/** A text of one token a character, in pieces. */
function pieces(lengths: readonly number[], text = "abcdef"): GenerationDelta[] {
  let at = 0;
  return lengths.map((length) => {
    const ids = Array.from({ length }, (_, index) => at + index);
    at += length;
    return {
      ...{ prompt_index: 0, index: 0, text: text.slice(at - length, at), token_ids: ids },
      ...{ logprobs: ids.map((id) => -id), tokens: ids.map((id) => text[id]!), text_offsets: ids },
      finish_reason: at === text.length ? "stop" as const : null,
    };
  });
}

const joined = (said: readonly GenerationDelta[]) => ({
  text: said.map(({ text }) => text).join(""),
  token_ids: said.flatMap(({ token_ids }) => token_ids),
  logprobs: said.flatMap(({ logprobs }) => logprobs!),
  tokens: said.flatMap(({ tokens }) => tokens!),
  text_offsets: said.flatMap(({ text_offsets }) => text_offsets!),
  ends: said.filter(({ finish_reason }) => finish_reason !== null).length,
});

Deno.test("a generation that is begun again is said once, wherever it was cut and however it comes again", () => {
  const whole = joined(pieces([6]));
  for (const first of [[1, 1, 1], [2, 3], [3], [1, 1, 1, 1, 1, 1], []]) {
    for (const second of [[1, 1, 1, 1, 1, 1], [2, 2, 2], [4, 2], [6]]) {
      const delivered = new Delivered();
      const said = pieces(first).flatMap((piece) => delivered.fresh([piece]));
      delivered.restart();
      said.push(...pieces(second).flatMap((piece) => delivered.fresh([piece])));
      assert.deepEqual(joined(said), whole, `${first} then ${second}`);
    }
  }
});

Deno.test("completions are counted each for itself", () => {
  const delivered = new Delivered();
  const [piece] = pieces([2]);
  delivered.fresh([piece!]);
  delivered.restart();
  assert.deepEqual(delivered.fresh([piece!, { ...piece!, index: 1 }]), [{ ...piece!, index: 1 }]);
});
