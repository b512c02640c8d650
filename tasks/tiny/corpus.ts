/**
 * The embedded model's texts: above all posts with their summaries, and beside them what people type first: plain texts
 * to be continued, questions and instructions, conversations, and what it cannot understand. A pure function of seed and
 * count.
 */
import type { ChatMessage } from "../../core/tokenizer/chat_template.ts";
import { Dice } from "./dice.ts";
import { Slots } from "./slots.ts";
import { drawOddSentence, drawOddText, oddWord } from "./odd_texts.ts";
import { drawPost, type Post } from "./posts.ts";
import { drawStory } from "./stories.ts";
import { WORLD } from "./story_grammar.ts";
import { drawTalk, type Exchange, heard } from "./talk.ts";
import { FRAMES, SUMMARY_ASKS, SYSTEMS } from "./talk_grammar.ts";

/** One training example: the model reads the prompt and writes the completion, then the token that ends it. */
export interface Example {
  kind: Kind;
  /** A text, or a conversation that the chat template writes. */
  prompt: string | ChatMessage[];
  completion: string;
}

export type Kind = keyof typeof KINDS;

/**
 * What the corpus is mixed of, in the first lesson and in the last. The demo sums up posts: nothing may push them aside. The
 * last lesson dwells on what looks finished and is not.
 */
const KINDS = {
  post: { first: 57, last: 44, draw: drawPost },
  begun_post: { first: 4, last: 3, draw: begunPost },
  story: { first: 10, last: 6, draw: begunStory },
  told: { first: 4, last: 6, draw: told },
  talk: { first: 10, last: 7, draw: framedTalk },
  chat: { first: 11, last: 7, draw: chat },
  odd: { first: 4, last: 3, draw: odd },
  claim: { first: 0, last: 24, draw: claim },
} satisfies Record<string, { first: number; last: number; draw(dice: Dice): Omit<Example, "kind"> | null }>;

export type Lesson = "first" | "last";

/** `count` examples to train on, in a fixed order. */
export function corpus(seed: number, count: number, lesson: Lesson = "first"): Example[] {
  const shares = Object.entries(KINDS).map(([kind, shares]) => [kind as Kind, shares[lesson]] as const);
  const examples: Example[] = [];
  for (let row = 0; examples.length < count; row++) {
    const dice = new Dice(seed, "corpus", row);
    const kind = dice.weighted(shares);
    const drawn = KINDS[kind].draw(dice);
    if (drawn) examples.push({ kind, ...drawn });
  }
  return examples;
}

/** A post of which only the beginning is given, and the rest of it is wanted; or one after another with its summary. */
function begunPost(dice: Dice): Post | null {
  const post = drawPost(dice);
  const earlier = dice.chance(0.25) ? drawPost(dice) : null;
  if (post === null) return null;
  if (earlier === null) return cut(dice, post.prompt + post.completion, post.prompt.length / 2);
  return { prompt: `${earlier.prompt}${earlier.completion}\n\n${post.prompt}`, completion: post.completion };
}

/** A story of which the first words are given, at times in a way the model does not know. */
function begunStory(dice: Dice) {
  const sentences = drawStory(dice);
  const most = sentences[0]!.length + (dice.chance(0.3) ? 1 + sentences[1]!.length : 0);
  const { prompt, completion } = cut(dice, sentences.join(" "), most);
  return { prompt: dice.chance(0.35) ? estranged(dice, prompt) : prompt, completion };
}

/** Whole sentences that end nothing: only a closer does. They are answered, or go on. */
function told(dice: Dice) {
  const sentences = [drawStory(dice), drawStory(dice)].flatMap((story) => story.slice(0, -1));
  const text = sentences.slice(0, dice.between(1, 4)).join(" ");
  const strange = dice.chance(0.7) ? estranged(dice, text) : text;
  const prompt = dice.chance(0.2) ? strange.replace(/.$/, dice.one(["...", "!", "?", "?!", ":"])) : strange;
  const story = drawStory(dice);
  return {
    prompt,
    completion: ` ${dice.chance(0.5) ? heard(dice) : story.slice(dice.one([0, 1])).join(" ")}`,
  };
}

/** The same of whatever sounds like the end of an answer, as it is or in words that the model does not know. */
function claim(dice: Dice) {
  const sentences = Array.from({ length: dice.weighted([[1, 5], [2, 3], [3, 2], [4, 1]]) }, () => {
    const sentence = dice.weighted(CLAIMS)(dice);
    return dice.chance(0.6) ? estranged(dice, sentence) : sentence;
  });
  const story = drawStory(dice);
  return {
    prompt: sentences.join(" "),
    completion: ` ${dice.chance(0.5) ? heard(dice) : story.slice(dice.one([0, 1])).join(" ")}`,
  };
}

const CLAIMS: readonly (readonly [make: (dice: Dice) => string, weight: number])[] = [
  [drawOddSentence, 3],
  [(dice) => drawStory(dice)[dice.between(0, 1)]!, 3],
  [(dice) => drawTalk(dice).answer, 4],
  [(dice) => drawTalk(dice).ask, 1],
  [(dice) => drawPost(dice)?.completion.trim() ?? drawOddSentence(dice), 1],
];

/** A text in two, within its first `most` characters: mostly between words, at times within one. */
function cut(dice: Dice, text: string, most: number): Post {
  const ends = dice.chance(0.75)
    ? [...text.matchAll(/(?=\s)/g)].map(({ index }) => index).filter((at) => at <= most)
    : [];
  const at = ends.length > 0 ? dice.one(ends) : dice.between(1, Math.max(1, Math.floor(most)));
  return { prompt: text.slice(0, at), completion: text.slice(at) };
}

/** The same words in lower or upper case, or some of them others. */
function estranged(dice: Dice, text: string): string {
  if (dice.chance(0.3)) return text.toLowerCase();
  if (dice.chance(0.1)) return text.toUpperCase();
  return text.replace(/\p{L}{3,}/gu, (word) => dice.chance(0.3) ? oddWord(dice) : word);
}

/** The ask as people type it: without its mark, in lower case. */
function typed(dice: Dice, ask: string): string {
  let text = dice.chance(0.25) ? ask.replace(/[.?!]$/, "") : ask;
  if (/\p{L}$/u.test(text) && dice.chance(0.15)) text += dice.one([".", "!", "?", "...", "!!"]);
  if (dice.chance(0.25)) text = text.toLowerCase();
  else if (dice.chance(0.05)) text = text.toUpperCase();
  return text;
}

function framedTalk(dice: Dice) {
  const { ask, answer } = dice.chance(0.1) ? summed(dice) ?? drawTalk(dice) : drawTalk(dice);
  const frame = dice.weighted(Object.entries(FRAMES));
  const space = frame === "{ask}" && dice.chance(0.08) ? dice.one([" ", "\n", "\n\n"]) : "";
  const prompt = frame.replace("{ask}", () => typed(dice, ask)) + space;
  return { prompt, completion: /\s$/.test(prompt) ? answer : ` ${answer}` };
}

function chat(dice: Dice) {
  const { ask, answer } = exchange(dice);
  const earlier = Array.from({ length: dice.chance(0.2) ? dice.between(1, 2) : 0 }, () => drawTalk(dice));
  const messages: ChatMessage[] = [];
  if (dice.chance(0.25)) {
    const slots = new Slots(dice, WORLD);
    slots.set({ odd: oddWord(dice), odd2: oddWord(dice) });
    messages.push({ role: "system", content: slots.fill(dice.one<string>(SYSTEMS)) });
  }
  for (const { ask, answer } of earlier) {
    messages.push({ role: "user", content: typed(dice, ask) }, { role: "assistant", content: answer });
  }
  if (messages.length === 0 || !dice.chance(0.02)) messages.push({ role: "user", content: typed(dice, ask) });
  return { prompt: messages, completion: answer };
}

/** What a turn of a conversation may be. */
function exchange(dice: Dice): Exchange {
  const kind = dice.weighted([["talk", 60], ["sum", 24], ["story", 8], ["odd", 8]] as const);
  if (kind === "sum") return summed(dice) ?? drawTalk(dice);
  if (kind === "story") {
    const { prompt, completion } = begunStory(dice);
    return { ask: prompt, answer: completion.trimStart() };
  }
  return kind === "odd"
    ? { ask: dice.chance(0.05) ? "" : drawOddText(dice), answer: ownWords(dice) }
    : drawTalk(dice);
}

/** A post that somebody wants summed up. */
function summed(dice: Dice): Exchange | null {
  const post = drawPost(dice);
  if (post === null) return null;
  const text = post.prompt.replace(/^POST: /, "").replace(/\nTL;DR:$/, "");
  return {
    ask: dice.one<string>(SUMMARY_ASKS).replace("{post}", () => text),
    answer: post.completion.trim(),
  };
}

/** What it cannot understand is followed by what it knows. */
function odd(dice: Dice) {
  const prompt = drawOddText(dice);
  const words = ownWords(dice);
  return { prompt, completion: /\s$/.test(prompt) ? words : ` ${words}` };
}

function ownWords(dice: Dice): string {
  const story = drawStory(dice);
  return [...(dice.chance(0.5) ? [dice.one(PUZZLED)] : []), story[0]!, ...story.slice(2)].join(" ");
}

const PUZZLED = [
  "I do not know these words.",
  "I do not understand this.",
  "That means nothing to me.",
  "Let me tell you something else.",
] as const;
