/**
 * The words of plain texts: small stories about people, animals and weather, in the world of the posts. `{name}` is
 * filled from WORLD; `{he}`, `{him}` and `{his}` agree with who the story is about. Every story ends with a closer and
 * nothing else does: only after one does a text look finished.
 */
import { type Pronoun, SLOTS } from "./grammar.ts";

export const WORLD: Readonly<Record<string, readonly string[]>> = {
  ...SLOTS,
  animal: ["cat", "dog", "bird", "horse", "mouse", "fox", "bear", "rabbit", "duck", "goat", "fish", "frog"],
  color: ["red", "blue", "green", "yellow", "white", "black", "brown"],
  trait: ["small", "big", "quiet", "funny", "clever", "friendly", "hungry", "lazy", "brave", "very old"],
  item: ["ball", "book", "hat", "box", "map", "lamp", "cup", "letter", "key", "bag", "coat", "picture"],
  weather: ["cold", "warm", "sunny", "rainy", "windy", "cloudy"],
  season: ["spring", "summer", "autumn", "winter"],
  place: ["garden", "park", "forest", "street", "station", "square", "market", "yard"],
  person: ["Anna", "Ben", "Clara", "David", "Emma", "Felix", "Lena", "Max", "Nina", "Oscar", "Paul", "Rosa"],
  job: ["teacher", "doctor", "baker", "driver", "singer", "farmer", "nurse", "painter"],
  man: ["dad", "brother", "grandfather"],
  woman: ["mom", "sister", "aunt"],
  drink: ["tea", "coffee", "milk", "water", "juice"],
};

/** Whom a story is about: how it is named at first, later, and which pronoun it takes. */
export interface Hero {
  first: string;
  later: string;
  pronouns: readonly Pronoun[];
}

export const HEROES: readonly Hero[] = [
  { first: "a {trait} {animal}", later: "the {animal}", pronouns: ["he", "she", "it"] },
  { first: "a {animal} with a {color} {item}", later: "the {animal}", pronouns: ["he", "she", "it"] },
  { first: "a {job}", later: "the {job}", pronouns: ["he", "she"] },
  { first: "a {trait} {job}", later: "the {job}", pronouns: ["he", "she"] },
  { first: "my {man}", later: "my {man}", pronouns: ["he"] },
  { first: "my {woman}", later: "my {woman}", pronouns: ["she"] },
];

/** What somebody did: past, base. */
export const DEEDS = [
  "slept/sleep in the {room}",
  "looked/look for {food}",
  "ate/eat all the {food}",
  "ran/run to the {shop}",
  "waited/wait for the bus",
  "sang/sing a song",
  "found/find a {color} {item}",
  "sat/sit by the window",
  "walked/walk home in the rain",
  "played/play the {instrument}",
  "counted/count the stars",
  "went/go to {city}",
  "made/make {food} for everybody",
  "wrote/write a letter to {person}",
  "lost/lose a {item} in the {place}",
  "opened/open the door",
  "talked/talk about the weather",
  "drank/drink some {drink}",
  "read/read a book about {subject}",
  "hid/hide under the table",
] as const;

/** First sentences. `{hero}` is the hero at first, `{did}` and `{do}` a deed. */
export const OPENINGS = [
  "Once upon a time there was {hero} who lived in {city}.",
  "Once upon a time {hero} {did}.",
  "Once there was {hero} who {did}.",
  "There was {hero} in the {place}.",
  "There is {hero} in our {place}.",
  "Long ago, {hero} {did}.",
  "One day {hero} {did}.",
  "One {weather} morning {hero} {did}.",
  "In {month} {hero} came to {city}.",
  "In the {place} lived {hero}.",
  "{Hero} {did}.",
  "{Hero} lived near the {place}.",
  "{Hero} wanted to {do}.",
  "{Later} {did} {span_ago}.",
  "{Later} is {trait} and likes {food}.",
  "{Later} was {feeling} because it was so {weather}.",
  "{He} {did} last {day}.",
  "{He} was {trait} and had a {color} {item}.",
  "Yesterday {hero} {did}.",
  "Last {day} {hero} {did}.",
  "Today {hero} will {do}.",
  "Tomorrow {hero} will {do}.",
  "Every {day} {hero} {did}.",
  "When {hero} {did}, it was {weather}.",
  "When it was {weather}, {hero} {did}.",
  "While it rained in {city}, {hero} {did}.",
  "After {season} came, {hero} {did}.",
  "If {hero} could {do}, everybody would be happy.",
  "This is the story of {hero} who {did}.",
  "This is {hero}.",
  "That {day} {hero} {did}.",
  "On {day} {hero} {did}.",
  "At {clock} {hero} {did}.",
  "It was a {weather} day in {city}, and {hero} {did}.",
  "It was {month} and the {place} was {color}.",
  "Here comes {hero}.",
] as const;

/** First sentences of those who tell of themselves; all that follows is about them. */
export const OWN_OPENINGS = [
  "I {did}.",
  "I {did} with my {family} last {day}.",
  "I like {food} and I have a {color} {item}.",
  "I am a {job} and I live in {city}.",
  "I want to {do}.",
  "I think that we should {do}.",
  "I have a {trait} {animal}.",
  "My name is {person} and I live in {city}.",
  "My {family} and I {did}.",
  "My favorite food is {food}.",
  "We {did} and it was {weather}.",
  "We have a {color} house near the {place}.",
  "Yesterday I {did}.",
  "Today I will {do}.",
  "Last {season} we {did}.",
  "When I was {age}, I {did}.",
  "You can {do} if you like.",
  "You and I will {do}.",
  "They {did}, and then we {did2}.",
  "Our {animal} {did}.",
  "Dear {person}, I {did}.",
  "The {place} is {color} in {season}.",
  "The {weather} days of {month} are the best.",
  "The sky was {color} and we {did}.",
  "Some people {did}, but I {did2}.",
  "Let us {do}.",
  "What I like most is {food}.",
  "How good it is to {do}!",
  "People in {city} like {food}.",
  "For {number} days it was {weather}.",
  "No one knows why we {did}.",
] as const;

/** What comes between. */
export const MIDDLES = [
  "Then {he} {did}.",
  "{He} {did} and {did2}.",
  "It was {weather}, so {he} {did}.",
  "{Later} {did} because {he} was {feeling}.",
  "{Person} gave {him} a {color} {item}.",
  "{He} had {number} friends in {city}.",
  "{Later} saw a {animal} near the {place}.",
  '"I want to {do}," said {later}.',
  '"Where is my {item}?" asked {later}.',
  "{Person} wanted to {do}, but {he} said no.",
  "All day {he} {did}.",
  "In the evening {he} {did}.",
  "{His} {item} was {color}.",
] as const;

/** The same of those who tell of themselves. */
export const OWN_MIDDLES = [
  "Then we {did}.",
  "It was {weather}, so we {did}.",
  "My {family} gave me a {color} {item}.",
  "I was {feeling}, but {person} {did}.",
  "We saw a {animal} near the {place}.",
  "We had {food} and {drink}.",
  '"Where is my {item}?" asked {person}.',
  "I {did} and my {family} {did2}.",
  "In the evening we {did}.",
  "There were {number} people in the {place}.",
] as const;

export const STORY_CLOSERS = [
  "And that was the end of it.",
  "The end.",
  "It was a good day.",
  "After that, everybody went to bed.",
  "That is all there is to tell.",
  "And nobody was ever {feeling} again.",
  "So it was, and so it stayed.",
  "What a day!",
] as const;
