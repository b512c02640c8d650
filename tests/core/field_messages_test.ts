import assert from "node:assert/strict";
import { z } from "zod";
import "../../core/field_messages.ts";

const said = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error!.issues[0]!.message;

Deno.test("schemas say what they expected and what they got", () => {
  const text = z.string().min(1).max(3);
  const list = z.array(z.int()).min(1).max(2);
  const tagged = z.discriminatedUnion("t", [
    z.object({ t: z.literal("a") }),
    z.object({ t: z.literal("b") }),
  ]);
  const cases: [z.ZodType, unknown, string][] = [
    [text, 5, "Expected a string, got 5"],
    [text, undefined, "Expected a string, got nothing"],
    [text, null, "Expected a string, got null"],
    [text, "", "Expected at least 1 character, got 0"],
    [text, "abcd", "Expected at most 3 characters, got 4"],
    [z.int(), 1.5, "Expected an integer, got 1.5"],
    [z.int(), "x".repeat(100), `Expected a number, got "${"x".repeat(40)}"`],
    [z.number().gt(0), 0, "Expected more than 0, got 0"],
    [z.number().max(1), 2, "Expected at most 1, got 2"],
    [z.boolean(), [], "Expected true or false, got a list"],
    [list, {}, "Expected a list, got an object"],
    [list, [], "Expected at least 1 item, got 0"],
    [list, [1, 2, 3], "Expected at most 2 items, got 3"],
    [z.enum(["a", "b", "c"]), "d", 'Expected "a", "b" or "c", got "d"'],
    [z.literal(1), 2, "Expected 1, got 2"],
    [tagged, { t: "c" }, 'Expected "a" or "b", got "c"'],
    [tagged, {}, 'Expected "a" or "b", got nothing'],
    [z.strictObject({}), { a: 1 }, 'Unknown key: "a"'],
    [
      z.record(z.string().max(1), z.int()),
      { aa: 1 },
      "Expected another key. Expected at most 1 character, got 2",
    ],
    [z.string().regex(/^a/), "b", 'Expected a match of /^a/, got "b"'],
    [z.url(), "b", 'Expected a URL, got "b"'],
  ];
  for (const [schema, value, message] of cases) assert.equal(said(schema, value), message);
});
