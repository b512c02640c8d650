/**
 * Texts that mean nothing to the model: other scripts, numbers, code, signs, nothing at all. It learns to go on in its own
 * words after them. Written at random, but for a few greetings.
 */
import type { Dice } from "./dice.ts";
import { ODD_WORDS } from "./talk_grammar.ts";

const ONSETS = "b c d f g h j k l m n p r s t v w z br ch cl cr dr fl gr ph pl pr qu sh sk sl sp st th tr wh"
  .split(" ");
const VOWELS = "a e i o u y ai ea ee ie oo ou".split(" ");
const CODAS = ["", "", "", "n", "r", "s", "t", "l", "m", "ck", "ng", "st", "x"];

/** A word of English that the model has nothing to say about, or one that looks like it. */
export function oddWord(dice: Dice): string {
  if (dice.chance(0.5)) return dice.one(ODD_WORDS);
  return repeat(dice, 1, 4, () => dice.one(ONSETS) + dice.one(VOWELS) + dice.one(CODAS), "");
}

/** Code points of letters, by script. */
const SCRIPTS: readonly (readonly [first: number, last: number])[] = [
  [0x61, 0x7a],
  [0x41, 0x5a],
  [0xdf, 0xf6],
  [0x100, 0x17e],
  [0x3b1, 0x3c9],
  [0x410, 0x44f],
  [0x5d0, 0x5ea],
  [0x627, 0x64a],
  [0x905, 0x939],
  [0xe01, 0xe2e],
  [0x3041, 0x3096],
  [0x30a1, 0x30fa],
  [0x4e00, 0x9fa5],
  [0x4e00, 0x9fa5],
  [0xac00, 0xd7a3],
];

const GREETINGS = [
  "Bonjour",
  "Bonjour, comment allez-vous ?",
  "Salut !",
  "Merci beaucoup",
  "Hola",
  "¿Cómo estás?",
  "Buenos días",
  "Guten Tag",
  "Wie geht es dir?",
  "Hallo, ich bin müde.",
  "Ciao",
  "Come stai?",
  "Olá, tudo bem?",
  "Goedemorgen",
  "Hej",
  "God dag",
  "Cześć",
  "Dobrý den",
  "Merhaba",
  "Привет",
  "Как дела?",
  "Γεια σου",
  "שלום",
  "مرحبا",
  "नमस्ते",
  "สวัสดี",
  "你好",
  "你好吗？",
  "今天天气很好。",
  "こんにちは",
  "元気ですか？",
  "안녕하세요",
] as const;

const EMOJI = [..."🙂😀😂😍😢😡👍🙏🔥🎉🚀🐱🐶🌍🌈🍕⚽❤️✨🤖"];
const MARKS = [..."!?.,;:-_*#@$%&/()[]{}<>=+~^|\"'`\\"];

const CODE = [
  "def {a}({b}):\n    return {b} + {n}",
  "def {a}({b}",
  "print('{a}')",
  'print("{a} {b}")',
  "import {a}\n",
  "for {a} in range({n}):",
  "if {a} == {n}:",
  "const {a} = {n};",
  "let {a} = [{n}, {n}]",
  "function {a}({b}) {",
  "function {a}({b}, {c}) { return {b} * {c}; }",
  "console.log({a});",
  "SELECT {a} FROM {b} WHERE {c} = {n};",
  "SELECT * FROM {a}",
  "#include <{a}.h>\nint main() {",
  "<html><body><h1>{a}</h1>",
  "<{a}>{b}</{a}>",
  '{"{a}": {n}, "{b}": "{c}"}',
  '{"{a}":',
  "$ {a} --{b} {n}",
  "git {a} -m '{b}'",
  "class {a} extends {b} {",
  "// {a} {b}",
  "# {a} {b}\n",
  "## {a}\n\n- {b}\n- {c}\n",
  "{a}.{b}()",
  "x = {n}",
  "https://{a}.com/{b}?{c}={n}",
  "{a}@{b}.org",
  "[{a}]({b})",
  "\\frac{{n}}{{n}}",
] as const;

const NUMBERS = [
  "{n}",
  "{n}{n}{n}",
  "{n}.{n}",
  "{n}, {n}, {n},",
  "{n} {n} {n} {n}",
  "{n}-{n}-{n}",
  "{n}:{n}",
  "${n}",
  "{n}%",
  "+{n} {n} {n}",
  "{n} / {n} =",
  "({n} * {n}) - {n}",
  "{n} km",
  "1. {n}\n2. {n}\n3.",
  "x + {n} = {n}",
] as const;
const BLANKS = [" ", "  ", "   ", "\n", "\n\n", "\t", " \n", "\r\n", "\n\n\n", "\u00a0"] as const;

/** How a text without meaning is made, and how often. */
const KINDS: readonly (readonly [make: (dice: Dice) => string, weight: number])[] = [
  [(dice) => repeat(dice, 1, 5, () => scriptWord(dice, dice.one(SCRIPTS)), " "), 8],
  [
    (dice) =>
      ((script) => repeat(dice, 1, 6, () => scriptWord(dice, script), " ") + dice.one(["", ".", "?", "!"]))(
        dice.one(SCRIPTS),
      ),
    22,
  ],
  [(dice) => dice.one(GREETINGS), 16],
  [
    (dice) => repeat(dice, 1, 8, () => oddWord(dice), " ") + dice.one(["", ".", "?", "!", ",", ":", " -"]),
    18,
  ],
  [
    (dice) =>
      capital(repeat(dice, 2, 12, () => dice.chance(0.4) ? dice.one(LINKS) : oddWord(dice), " ")) +
      dice.one(["", "", ".", "?", "!", ",", ":"]),
    26,
  ],
  [
    (dice) =>
      repeat(dice, 15, 50, () => dice.chance(0.5) ? dice.one(LINKS) : oddWord(dice), " ") +
      dice.one(["", ".", "?"]),
    3,
  ],
  [(dice) => filled(dice, dice.one(CODE)), 20],
  [(dice) => filled(dice, dice.one(NUMBERS)), 14],
  [(dice) => repeat(dice, 1, 5, () => dice.one(EMOJI), dice.one(["", " "])), 7],
  [(dice) => oddWord(dice) + " " + dice.one(EMOJI), 3],
  [(dice) => repeat(dice, 1, 5, () => dice.one(MARKS), ""), 12],
  [(dice) => dice.one(MARKS).repeat(dice.between(1, 6)), 8],
  [(dice) => scriptWord(dice, dice.one([SCRIPTS[0]!, SCRIPTS[1]!])).slice(0, dice.between(1, 3)), 6],
  [(dice) => dice.one(BLANKS), 8],
];

/** Words between words. */
const LINKS =
  "the a of and to in is was for with on that it by as at from this are be or not which can will has we you they"
    .split(" ");

/** A text that the model cannot understand. */
export function drawOddText(dice: Dice): string {
  return dice.weighted(KINDS)(dice);
}

/** A whole sentence of words, most of which it does not know. */
export function drawOddSentence(dice: Dice): string {
  const words = repeat(dice, 3, 10, () => dice.chance(0.5) ? dice.one(LINKS) : oddWord(dice), " ");
  return capital(words) + dice.one([".", ".", ".", ".", "!", "?", "..."]);
}

function scriptWord(dice: Dice, [first, last]: readonly [number, number]): string {
  return repeat(dice, 1, 7, () => String.fromCodePoint(dice.between(first, last)), "");
}

function filled(dice: Dice, template: string): string {
  return template.replace(
    /\{([abcn])\}/g,
    (_, slot) => slot === "n" ? String(dice.between(0, 10 ** dice.between(1, 4))) : oddWord(dice),
  );
}

function repeat(dice: Dice, min: number, max: number, make: () => string, between: string): string {
  return Array.from({ length: dice.between(min, max) }, make).join(between);
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
