/**
 * Kinds of columns. Each looks at what it reads: a value that this program does not write is `DamagedData`, which fails
 * whoever reads the row and nobody else.
 */
import { customType } from "drizzle-orm/sqlite-core";
import { DamagedData } from "./damaged_data.ts";

type Sql = string | number;

/** A column whose stored value is turned into `T`, or into undefined when it is none. */
function column<T>(
  name: string,
  { type, write, read }: {
    type: "text" | "integer" | "real";
    write?: (value: T) => Sql;
    read: (stored: unknown) => T | undefined;
  },
) {
  return customType<{ data: T; driverData: Sql }>({
    dataType: () => type,
    toDriver: write ?? ((value) => value as Sql),
    fromDriver: (stored) => {
      const value = read(stored);
      if (value === undefined) throw new DamagedData(`The value of '${name}'`);
      return value;
    },
  })(name);
}

export const string = (name: string) =>
  column<string>(name, { type: "text", read: (stored) => typeof stored === "string" ? stored : undefined });

export const oneOf = <T extends string>(name: string, values: readonly T[]) =>
  column<T>(name, { type: "text", read: (stored) => values.find((value) => value === stored) });

/** A number that counts something. */
export const count = (name: string) =>
  column<number>(name, {
    type: "integer",
    read: (stored) => Number.isSafeInteger(stored) && (stored as number) >= 0 ? stored as number : undefined,
  });

/** A number of any size; infinite ones too. */
export const real = (name: string) =>
  column<number>(name, {
    type: "real",
    read: (stored) => typeof stored === "number" ? stored : undefined,
  });

/** Milliseconds. */
export const timestamp = (name: string) =>
  column<Date>(name, {
    type: "integer",
    write: (time) => time.getTime(),
    read(stored) {
      const time = new Date(typeof stored === "number" ? stored : NaN);
      return Number.isNaN(time.getTime()) ? undefined : time;
    },
  });

function parsed(stored: unknown): unknown {
  try {
    return JSON.parse(stored as string);
  } catch {
    return undefined;
  }
}

/** An object as JSON. @param keys What every such object has. */
export const object = <T extends object>(name: string, keys: readonly (keyof T & string)[] = []) =>
  column<T>(name, {
    type: "text",
    write: (value) => JSON.stringify(value),
    read(stored) {
      const value = parsed(stored);
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      return isObject && keys.every((key) => key in value) ? value as T : undefined;
    },
  });

/** Any JSON. */
export const json = (name: string) =>
  column<unknown>(name, { type: "text", write: (value) => JSON.stringify(value), read: parsed });

/** A list as JSON. */
export const list = <T>(name: string) =>
  column<T[]>(name, {
    type: "text",
    write: (value) => JSON.stringify(value),
    read(stored) {
      const value = parsed(stored);
      return Array.isArray(value) ? value : undefined;
    },
  });
