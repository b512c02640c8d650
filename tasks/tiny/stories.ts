/** Plain texts to be continued: a small story, told from its first words on. */
import type { Dice } from "./dice.ts";
import { PRONOUNS } from "./grammar.ts";
import { Slots } from "./slots.ts";
import {
  DEEDS,
  type Hero,
  HEROES,
  MIDDLES,
  OPENINGS,
  OWN_MIDDLES,
  OWN_OPENINGS,
  STORY_CLOSERS,
  WORLD,
} from "./story_grammar.ts";

/** Its sentences, the closer last; about a hero of the grammar, or about `wanted`. */
export function drawStory(dice: Dice, wanted?: Hero): string[] {
  const own = wanted === undefined && dice.chance(0.4);
  const slots = new Slots(dice, WORLD);
  const hero = wanted ?? dice.one(HEROES);
  slots.set({ hero: hero.first, later: hero.later, ...PRONOUNS[dice.one(hero.pronouns)] });
  const middles = dice.some<string>(own ? OWN_MIDDLES : MIDDLES, dice.between(1, 2));
  const openings = wanted === undefined ? OPENINGS : OPENINGS.filter((text) => text.includes("{hero}"));
  const first = dice.one<string>(own ? OWN_OPENINGS : openings);
  return [first, ...middles, dice.one<string>(STORY_CLOSERS)].map((sentence, index) => {
    // Each sentence has deeds and things of its own; who it is about stays.
    const fresh = index === 0
      ? slots
      : slots.copy(["hero", "later", "he", "him", "his", "animal", "job", "man", "woman", "city"]);
    const [past, base] = deed(dice);
    fresh.set({ did: past, do: base, did2: deed(dice)[0] });
    return fresh.fill(sentence);
  });
}

/** A deed of the table, past and base. */
function deed(dice: Dice): [past: string, base: string] {
  const [verbs, ...rest] = dice.one<string>(DEEDS).split(" ");
  const [past, base] = verbs!.split("/").map((verb) => [verb, ...rest].join(" "));
  return [past!, base!];
}
