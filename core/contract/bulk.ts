/**
 * Long lists of plain values in what the engine answers: checked in one pass. A schema an item takes as long as reading the
 * JSON twice.
 */
import { z } from "zod";

const bulk = <T>(type: string, isItem: (item: unknown) => boolean) =>
  z.custom<T[]>((value) => Array.isArray(value) && value.every(isItem), `Expected a list of ${type}s`)
    .meta({ type: "array", items: { type } });

export const numbers = bulk<number>("number", (item) => typeof item === "number");
export const integers = bulk<number>("integer", Number.isSafeInteger);
export const strings = bulk<string>("string", (item) => typeof item === "string");
