/** Texts of a user's own, kept with what they are given with and never interpreted. */
import { z } from "zod";

const texts = z.record(z.string().min(1).max(64), z.string().max(512));

/** Up to 16 texts. Keys are counted before any is looked at: the faults of all that a body has room for have none on the stack. */
export const metadataSchema = z.record(z.string(), z.unknown()).check(({ value, issues }) => {
  const count = Object.keys(value).length;
  if (count > 16) {
    issues.push({ code: "custom", message: `Expected at most 16 keys, got ${count}`, input: value });
  } else {
    const faults = texts.safeParse(value).error?.issues ?? [];
    issues.push(
      ...faults.map(({ path, message }) => ({ code: "custom" as const, path, message, input: value })),
    );
  }
}).meta({ additionalProperties: { type: "string", maxLength: 512 } }) as unknown as typeof texts;
