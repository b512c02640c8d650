import assert from "node:assert/strict";
import { editDistance } from "../../../core/settings/edit_distance.ts";

Deno.test("editDistance() counts letters put in, left out, replaced and changed with their neighbour", () => {
  for (
    const [a, b, distance] of [
      ["", "", 0],
      ["", "abc", 3],
      ["port", "port", 0],
      ["port", "ports", 1],
      ["port", "prt", 1],
      ["port", "pork", 1],
      ["port", "prot", 1],
      ["kitten", "sitting", 3],
      ["abcd", "badc", 2],
    ] as const
  ) {
    assert.equal(editDistance(a, b), distance);
    assert.equal(editDistance(b, a), distance);
  }
});
