/** Templates whose `{slots}` are filled from tables: what is drawn for a slot stays, so a text agrees with itself. */
import type { Dice } from "./dice.ts";

export class Slots {
  readonly #dice: Dice;
  readonly #tables: Readonly<Record<string, readonly string[]>>;
  readonly #known = new Map<string, string>();

  constructor(dice: Dice, tables: Readonly<Record<string, readonly string[]>>) {
    this.#dice = dice;
    this.#tables = tables;
  }

  /** Decides slots; their values may hold slots. */
  set(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) this.#known.set(name, value);
  }

  /** Slots of which only `kept` are decided. */
  copy(kept: readonly string[]): Slots {
    const copy = new Slots(this.#dice, this.#tables);
    for (const name of kept) {
      const value = this.#known.get(name);
      if (value !== undefined) copy.#known.set(name, value);
    }
    return copy;
  }

  /** Replaces every `{slot}`; one with a capital begins a sentence. A digit after a name makes it another draw. */
  fill(template: string): string {
    return template.replace(/\{(\w+)\}/g, (_, slot: string) => {
      const name = slot.toLowerCase();
      const value = this.#value(name);
      return name === slot ? value : value[0]!.toUpperCase() + value.slice(1);
    });
  }

  #value(name: string): string {
    let value = this.#known.get(name);
    if (value === undefined) {
      this.#known.set(name, value = this.#dice.one(this.#tables[name.replace(/\d$/, "")]!));
    }
    return value.includes("{") ? this.fill(value) : value;
  }
}
