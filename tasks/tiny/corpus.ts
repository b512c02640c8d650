/**
 * The embedded model's texts: short posts about everyday trouble, each with a one-sentence summary, drawn from the
 * grammar beside this file. A pure function of seed and count. One post in HELD_OUT_EVERY is never trained on,
 * whatever the seed: the split is by the text itself.
 */
import { uniform } from "../../core/rng.ts";
import {
  type Actor,
  CLOSERS,
  DOMAINS,
  type Fact,
  FEELINGS,
  LEADS,
  OPENERS,
  PLANS,
  PRONOUNS,
  SLOTS,
  SUMMARIES,
  TAILS,
  TROUBLES,
} from "./grammar.ts";

/** One training example: the model reads the prompt and writes the completion, then its end-of-text token. */
export interface Example {
  /** `POST: …\nTL;DR:` */
  prompt: string;
  /** A space and the summary; its tokens follow the prompt's unchanged. */
  completion: string;
}

const HELD_OUT_EVERY = 40;
const WORDS = { min: 20, max: 42 } as const;
const MAX_SUMMARY_WORDS = 19;

/** `count` different examples to train on, in a fixed order. */
export function corpus(seed: number, count: number): Example[] {
  return distinct(seed, count, (prompt) => !isHeldOut(prompt));
}

/** `count` different examples that `corpus` never gives, for any seed. */
export function heldOut(seed: number, count: number): Example[] {
  return distinct(seed, count, isHeldOut);
}

/** The prompt around a post. */
export function promptOf(post: string): string {
  return `POST: ${post}\nTL;DR:`;
}

function distinct(seed: number, count: number, wanted: (prompt: string) => boolean): Example[] {
  const examples = new Map<string, Example>();
  for (let row = 0; examples.size < count; row++) {
    const example = draw(new Dice(seed, row));
    if (example && wanted(example.prompt)) examples.set(example.prompt, example);
  }
  return [...examples.values()];
}

/** FNV-1a of the UTF-16 units. */
function isHeldOut(prompt: string): boolean {
  let hash = 0x811c9dc5;
  for (let at = 0; at < prompt.length; at++) hash = Math.imul(hash ^ prompt.charCodeAt(at), 0x01000193) >>> 0;
  return hash % HELD_OUT_EVERY === 0;
}

/** The random choices of one example. */
class Dice {
  #position = 0;
  constructor(readonly seed: number, readonly row: number) {}

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  one<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#next() * choices.length)]!;
  }

  weighted<T>(choices: readonly (readonly [T, number])[]): T {
    let rest = this.#next() * choices.reduce((sum, [, weight]) => sum + weight, 0);
    return (choices.find(([, weight]) => (rest -= weight) < 0) ?? choices.at(-1)!)[0];
  }

  #next(): number {
    return uniform(this.seed, "data", 0, this.row, this.#position++);
  }
}

/** One example, or null when the draw came out too short or too long. */
function draw(dice: Dice): Example | null {
  const domain = dice.one(DOMAINS);
  const story = new Story(dice, dice.one(domain.actors), dice.one(domain.deeds));
  const [tried, gist] = dice.one(domain.tries);
  const opening = [
    ...(dice.chance(0.25) ? [dice.one(OPENERS)] : []),
    ...(dice.chance(0.75) ? [dice.one(domain.scenes)] : []),
  ];
  const trouble = dice.one(TROUBLES);
  const middle = [
    ...(dice.chance(0.6) ? [story.tell("gist", gist, tried)] : []),
    ...(dice.chance(0.55) ? [story.tell("feeling", "{feeling}", dice.one(FEELINGS))] : []),
  ];
  if (dice.chance(0.3)) middle.reverse();
  const ending = [
    ...(dice.chance(0.6) ? [story.tell("plan", dice.one(domain.plans), dice.one(PLANS))] : []),
    ...(dice.chance(0.3) ? [dice.one(CLOSERS)] : []),
  ];
  if (trouble.includes("{span}")) story.tell("span", "{span}");
  if (trouble.includes("{often}")) story.tell("often", "{often}");
  const parts = dice.chance(0.2) ? [trouble, ...opening.slice(1)] : [...opening, trouble];
  const post = [...parts, ...middle, ...ending].map((sentence) => story.fill(sentence)).join(" ");
  const summary = story.summary();
  const words = post.split(" ").length;
  if (words < WORDS.min || words > WORDS.max || summary.split(" ").length > MAX_SUMMARY_WORDS) return null;
  return { prompt: promptOf(post), completion: ` ${summary}` };
}

/** Who does what in one example: what is drawn for a slot stays, so post and summary agree. */
class Story {
  readonly #dice: Dice;
  readonly #known: Map<string, string>;
  readonly #facts = new Set<Fact>();

  constructor(dice: Dice, actor: Actor, deed: string) {
    this.#dice = dice;
    const [verbs, ...rest] = deed.split(" ");
    const [base, does, doing] = verbs!.split("/").map((verb) => [verb, ...rest].join(" "));
    const bare = actor.name.replace(/^(my|the|our) /, "");
    this.#known = new Map(Object.entries({ a: actor.name, bare, base: base!, does: does!, doing: doing! }));
    for (const [name, pronoun] of Object.entries(PRONOUNS[dice.one(actor.pronouns)])) {
      this.#known.set(name, pronoun);
    }
  }

  /** Notes a fact that the post tells, in the words a summary may use, and gives back its sentence. */
  tell(fact: Fact, words: string, sentence = ""): string {
    this.#facts.add(fact);
    this.#known.set(fact, this.fill(words));
    return sentence;
  }

  summary(): string {
    const rows = SUMMARIES.filter(({ needs }) => needs.every((fact) => this.#facts.has(fact)));
    const text = this.fill(this.#dice.weighted(rows.map(({ text, weight }) => [text, weight])));
    const lead = this.#dice.weighted(Object.entries(LEADS));
    const tail = this.#dice.weighted(Object.entries(TAILS));
    const body = lead === "" || text.startsWith("I ") ? text : text[0]!.toLowerCase() + text.slice(1);
    return lead + body + (/[.?]$/.test(body) ? tail : "");
  }

  /** Replaces every `{slot}`; one with a capital begins a sentence. */
  fill(template: string): string {
    return template.replace(/\{(\w+)\}/g, (_, slot: string) => {
      const name = slot.toLowerCase();
      const value = this.#value(name);
      return name === slot ? value : value[0]!.toUpperCase() + value.slice(1);
    });
  }

  #value(name: string): string {
    let value = this.#known.get(name);
    if (value === undefined) this.#known.set(name, value = this.#dice.one(SLOTS[name]!));
    return value.includes("{") ? this.fill(value) : value;
  }
}
