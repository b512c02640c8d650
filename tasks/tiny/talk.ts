/** What somebody says to the model and what it answers, in the small world of the posts. */
import type { Dice } from "./dice.ts";
import { oddWord } from "./odd_texts.ts";
import { Slots } from "./slots.ts";
import { drawStory } from "./stories.ts";
import { type Hero, STORY_CLOSERS, WORLD } from "./story_grammar.ts";
import { COUPLETS, HEARD, PAIRS, TALKS, TOPIC_COUPLETS, TOPICS } from "./talk_grammar.ts";

export interface Exchange {
  ask: string;
  answer: string;
}

export function drawTalk(dice: Dice): Exchange {
  if (!dice.chance(HEARD.share)) return drawAsked(dice);
  // What it says itself is no end when others say it.
  const { ask, answer } = drawAsked(dice);
  const said = dice.weighted([[answer, 6], [dice.one<string>(STORY_CLOSERS), 1], [drawStory(dice)[0]!, 2], [
    `${ask} ${answer}`,
    1,
  ]]);
  return { ask: said.replace("{feeling}", "sad"), answer: heard(dice) };
}

/** What is said to somebody who tells something. */
export function heard(dice: Dice): string {
  return new Slots(dice, WORLD).fill(dice.one<string>(HEARD.answers));
}

function drawAsked(dice: Dice): Exchange {
  const talk = dice.weighted(TALKS.map((talk) => [talk, talk.weight]));
  const [ask, answer] = [dice.one(talk.asks), dice.one(talk.answers)];
  const slots = new Slots(dice, WORLD);
  slots.set({ odd: oddWord(dice), odd2: oddWord(dice) });
  for (const { slots: names, rows } of PAIRS) {
    if (!names.some((name) => (ask + answer).toLowerCase().includes(`{${name}}`))) continue;
    const row = dice.one(rows);
    slots.set({ [names[0]]: row[0], [names[1]]: row[1] });
  }
  MADE.forEach(([slot, make]) => {
    if ((ask + answer).toLowerCase().includes(slot)) make(dice, slots, ask);
  });
  return { ask: slots.fill(ask), answer: slots.fill(answer) };
}

/** Slots that no table holds. */
const MADE: readonly (readonly [slot: string, make: (dice: Dice, slots: Slots, ask: string) => void])[] = [
  ["{sum}", (dice, slots) => {
    const [a, b] = [dice.between(0, 10), dice.between(0, 10)];
    slots.set({ sum: dice.one([`${a} + ${b}`, `${a} plus ${b}`, `${a}+${b}`]), total: String(a + b) });
  }],
  ["{three}", (dice, slots) => {
    const [first, second, third] = dice.some(WORLD[slots.fill("{thing}")]!, 3);
    slots.set({ three: `${first}, ${second} and ${third}` });
  }],
  ["{one}", (dice, slots) => slots.set({ one: dice.one(WORLD[slots.fill("{thing}")]!) })],
  ["{topic}", (dice, slots) => slots.set({ topic: slots.fill(dice.one(TOPICS)) })],
  ["{poem}", (dice, slots, ask) => {
    const first = dice.one<string>(ask.includes("{topic}") ? TOPIC_COUPLETS : COUPLETS);
    slots.set({
      poem: dice.chance(0.5) ? first : `${first}\n${dice.one(COUPLETS.filter((text) => text !== first))}`,
    });
  }],
  ["{story}", (dice, slots, ask) => {
    const animal = dice.chance(0.6);
    const name = dice.one(animal ? WORLD.animal! : WORLD.job!);
    const hero: Hero = {
      first: `a ${name}`,
      later: `the ${name}`,
      pronouns: animal ? ["it"] : ["he", "she"],
    };
    slots.set({ hero: name, story: drawStory(dice, ask.includes("{hero}") ? hero : undefined).join(" ") });
  }],
];
