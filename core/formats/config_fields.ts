/**
 * Typed look-ups in an untrusted JSON object. Each names the key and the value it found when that cannot be
 * right, so a reader of a config is a list of look-ups.
 */
import { UserError } from "../errors.ts";
import { quote } from "./strict_json.ts";

export type Json = Record<string, unknown>;

/** A look-up in `source`, which `file` stands for in messages; null counts as absent. */
export class Fields {
  constructor(readonly source: Json, readonly file: string) {}

  has(key: string): boolean {
    return this.source[key] !== undefined && this.source[key] !== null;
  }

  /** An integer from 1 to `max`; the fallback when the key is absent, else it must be there. */
  size(key: string, max: number, fallback?: number): number {
    const value = this.value(key, fallback);
    if (!Number.isSafeInteger(value) || (value as number) < 1) {
      throw this.wrong(key, "a positive integer");
    }
    if ((value as number) > max) throw this.unsupported(key, `at most ${max} is supported`);
    return value as number;
  }

  /** A number (and finite, as everything in JSON that is not too large for one). */
  number(key: string, fallback?: number): number {
    const value = this.value(key, fallback);
    if (typeof value !== "number" || !Number.isFinite(value)) throw this.wrong(key, "a number");
    return value;
  }

  /** A number above 0 (and finite, as everything in JSON). */
  positive(key: string, fallback?: number): number {
    const value = this.value(key, fallback);
    if (typeof value !== "number" || !(value > 0) || !Number.isFinite(value)) {
      throw this.wrong(key, "a positive number");
    }
    return value;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.value(key, fallback);
    if (typeof value !== "boolean") throw this.wrong(key, "true or false");
    return value;
  }

  /** One of `choices`; anything else is something we do not run. */
  choice<C extends string>(key: string, choices: readonly C[], fallback?: C): C {
    const value = this.value(key, fallback);
    if (!choices.includes(value as C)) throw this.unsupported(key, `supported: ${choices.join(", ")}`);
    return value as C;
  }

  strings(key: string): string[] {
    const value = this.value(key, [] as string[]);
    if (!Array.isArray(value) || value.length > 10_000 || !value.every((item) => typeof item === "string")) {
      throw this.wrong(key, "a list of strings");
    }
    return value;
  }

  /** @param expected such as "a positive integer" */
  wrong(key: string, expected: string): UserError {
    const value = quote(this.source[key] ?? null);
    return new UserError("damaged_model", `Expected ${key} of ${this.file} to be ${expected}, got ${value}`);
  }

  /** @param supported What is, or that this is not, as a sentence's end. */
  unsupported(key: string, supported: string): UserError {
    const value = quote(this.source[key] ?? null);
    return new UserError("unsupported_model", `${this.file} has ${key} ${value}: ${supported}`);
  }

  private value<T>(key: string, fallback: T | undefined): unknown {
    if (this.has(key)) return this.source[key];
    if (fallback !== undefined) return fallback;
    throw new UserError("damaged_model", `${this.file} has no ${key}`);
  }
}
