/** Texts as token ids. */
import { z } from "zod";

/**
 * A text as ids; whether the model has them is checked by the engine. The first that is none is told of, and ids have no
 * schema each: that takes seconds for what a body has room for, and all their faults have no room on the stack.
 */
export const tokenIds = z.array(z.unknown()).min(1).max(131072).check(({ value, issues }) => {
  const at = value.findIndex((id) => !Number.isSafeInteger(id) || id as number < 0);
  if (at < 0) return;
  const message = "Expected a token id, an integer from 0";
  issues.push({ code: "custom", path: [at], message, input: value[at], continue: false });
}).meta({ items: { type: "integer", minimum: 0 } }) as unknown as z.ZodArray<z.ZodInt>;
