/** The random choices of one text: a pure function of seed, set and row. */
import { uniform } from "../../core/rng.ts";

/** Sets of texts that are drawn apart: posts, and the corpus that they are mixed into. */
const SETS = { posts: 0, corpus: 1 } as const;

export class Dice {
  #position = 0;
  constructor(readonly seed: number, readonly set: keyof typeof SETS, readonly row: number) {}

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  /** An integer from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.#next() * (max - min + 1));
  }

  one<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#next() * choices.length)]!;
  }

  /** `count` different choices. */
  some<T>(choices: readonly T[], count: number): T[] {
    const left = [...choices];
    return Array.from({ length: count }, () => left.splice(Math.floor(this.#next() * left.length), 1)[0]!);
  }

  weighted<T>(choices: readonly (readonly [T, number])[]): T {
    let rest = this.#next() * choices.reduce((sum, [, weight]) => sum + weight, 0);
    return (choices.find(([, weight]) => (rest -= weight) < 0) ?? choices.at(-1)!)[0];
  }

  #next(): number {
    return uniform(this.seed, "data", SETS[this.set], this.row, this.#position++);
  }
}
