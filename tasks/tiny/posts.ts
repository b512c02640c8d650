/**
 * Short posts about everyday trouble, each with a one-sentence summary, drawn from the grammar beside this file. One post
 * in HELD_OUT_EVERY is never trained on, whatever the seed: the split is by the text itself.
 */
import { Dice } from "./dice.ts";
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
import { Slots } from "./slots.ts";

/** The model reads the prompt and writes the completion, then its end-of-text token. */
export interface Post {
  /** `POST: …\nTL;DR:` */
  prompt: string;
  /** A space and the summary; its tokens follow the prompt's unchanged. */
  completion: string;
}

const HELD_OUT_EVERY = 40;
const WORDS = { min: 20, max: 42 } as const;
const MAX_SUMMARY_WORDS = 19;

/** `count` different posts to train on, in a fixed order. */
export function posts(seed: number, count: number): Post[] {
  return distinct(seed, count, (prompt) => !isHeldOut(prompt));
}

/** `count` different posts that are never trained on, for any seed. */
export function heldOut(seed: number, count: number): Post[] {
  return distinct(seed, count, isHeldOut);
}

function distinct(seed: number, count: number, wanted: (prompt: string) => boolean): Post[] {
  const posts = new Map<string, Post>();
  for (let row = 0; posts.size < count; row++) {
    const post = draw(new Dice(seed, "posts", row));
    if (post && wanted(post.prompt)) posts.set(post.prompt, post);
  }
  return [...posts.values()];
}

/** A post to train on, or null when the draw came out too short, too long, or held out. */
export function drawPost(dice: Dice): Post | null {
  const post = draw(dice);
  return post && !isHeldOut(post.prompt) ? post : null;
}

/** The prompt around a post. */
function promptOf(post: string): string {
  return `POST: ${post}\nTL;DR:`;
}

/** FNV-1a of the UTF-16 units. */
function isHeldOut(prompt: string): boolean {
  let hash = 0x811c9dc5;
  for (let at = 0; at < prompt.length; at++) hash = Math.imul(hash ^ prompt.charCodeAt(at), 0x01000193) >>> 0;
  return hash % HELD_OUT_EVERY === 0;
}

/** A post, or null when the draw came out too short or too long. */
function draw(dice: Dice): Post | null {
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

/** Who does what in one post: what is drawn for a slot stays, so post and summary agree. */
class Story {
  readonly #dice: Dice;
  readonly #slots: Slots;
  readonly #facts = new Set<Fact>();

  constructor(dice: Dice, actor: Actor, deed: string) {
    this.#dice = dice;
    const [verbs, ...rest] = deed.split(" ");
    const [base, does, doing] = verbs!.split("/").map((verb) => [verb, ...rest].join(" "));
    const bare = actor.name.replace(/^(my|the|our) /, "");
    this.#slots = new Slots(dice, SLOTS);
    this.#slots.set({ a: actor.name, bare, base: base!, does: does!, doing: doing! });
    this.#slots.set(PRONOUNS[dice.one(actor.pronouns)]);
  }

  /** Notes a fact that the post tells, in the words a summary may use, and gives back its sentence. */
  tell(fact: Fact, words: string, sentence = ""): string {
    this.#facts.add(fact);
    this.#slots.set({ [fact]: this.fill(words) });
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

  fill(template: string): string {
    return this.#slots.fill(template);
  }
}
