import assert from "node:assert/strict";
import { memoize } from "../../core/memoize.ts";

Deno.test("memoize() asks once for equal arguments, maps among them, and keeps what was asked for last", () => {
  const asked: unknown[] = [];
  const size = memoize(2, (spec: { of: Map<string, number> }) => {
    asked.push([...spec.of]);
    return spec.of.size;
  });
  const of = (...names: string[]) => ({ of: new Map(names.map((name) => [name, 1])) });
  assert.deepEqual([size(of("a")), size(of("a", "b")), size(of("a")), size(of("a", "b"))], [1, 2, 1, 2]);
  assert.equal(asked.length, 2);
  size(of("a"));
  size(of()); // pushes out (a, b), which was asked for before (a)
  size(of("a"));
  assert.equal(asked.length, 3);
  assert.equal(size(of("a", "b")), 2);
  assert.equal(asked.length, 4);
});

Deno.test("memoize() tells answers apart by what is relevant alone", () => {
  let asked = 0;
  const area = memoize(9, (width: number, _name: string) => {
    asked++;
    return width * width;
  }, (width) => [width]);
  assert.deepEqual([area(2, "a"), area(2, "b"), area(3, "a")], [4, 4, 9]);
  assert.equal(asked, 2);
});

Deno.test("memoize() keeps nothing of what throws", () => {
  let fails = true;
  const sometimes = memoize(9, (_: number) => {
    if (fails) throw new Error("no");
    return 1;
  });
  assert.throws(() => sometimes(1), /no/);
  fails = false;
  assert.equal(sometimes(1), 1);
});

Deno.test("memoize() takes objects with the same fields for equal, whatever the order of these", () => {
  let asked = 0;
  const sum = memoize(9, ({ a, of: { b } }: { a: number; of: { b: number; c?: number } }) => {
    asked++;
    return a + b;
  });
  assert.deepEqual([sum({ a: 1, of: { b: 2, c: 3 } }), sum({ of: { c: 3, b: 2 }, a: 1 })], [3, 3]);
  assert.equal(asked, 1);
  assert.equal(sum({ a: 1, of: { b: 2, c: undefined } }), 3);
  assert.equal(asked, 2);
});
