/**
 * Graders as OpenAI's fine-tuning has them, on its wire and as rewards here: what a user writes. How they grade is
 * `core/graders/`.
 */
import { z } from "zod";
import { component } from "../component.ts";
import { refusing } from "../refuse.ts";
import { BadFormula, MAX_FORMULA_CHARS, parseFormula } from "./formula.ts";
import { BadTemplate, parseTemplate } from "./template.ts";

/** How many graders a multi grader may have, and characters of a template and of a python grader. */
export const MAX_GRADERS = 32;
const MAX_TEMPLATE = 100_000;
const MAX_SOURCE = 256_000;

const template = z.string().max(MAX_TEMPLATE).superRefine((text, context) => {
  try {
    parseTemplate(text);
  } catch (thrown) {
    if (!(thrown instanceof BadTemplate)) throw thrown;
    refusing(context)([], thrown.message);
  }
});

const common = {
  name: z.string().min(1).max(200).optional().describe(
    "What it is called in answers. Default: its key in a multi grader, else its type.",
  ),
  pass_threshold: z.number().nullish().describe("Taken, and without effect: a reward has no threshold."),
};

const compared = {
  input: template.describe("A template: what is compared, mostly {{ sample.output_text }}."),
  reference: template.describe("A template: what it is compared with, such as {{ item.label }}."),
};

export const OPERATIONS = ["eq", "ne", "neq", "like", "ilike"] as const;

const stringCheck = z.strictObject({
  type: z.literal("string_check").describe("Which grader it is."),
  ...common,
  ...compared,
  operation: z.enum(OPERATIONS).describe(
    "eq: equal; ne (or neq): not equal; like: the input contains the reference; ilike: the same, whatever the case.",
  ),
}).meta({ ...component("StringCheckGrader"), description: "1 where two texts compare as asked, else 0" });

export const TEXT_METRICS = [
  ...["fuzzy_match", "bleu", "gleu"],
  ...["rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l"],
] as const;

export type TextMetric =
  | ("fuzzy_match" | "bleu" | "gleu")
  | ("rouge_1" | "rouge_2" | "rouge_3" | "rouge_4" | "rouge_5" | "rouge_l");

/** Metrics that OpenAI has and this has not, and why. */
const REFUSED_METRICS: Record<string, string> = {
  meteor: "meteor needs WordNet, which is not here",
  cosine: "cosine needs a model of embeddings, and is for evals only",
};

const textSimilarity = z.strictObject({
  type: z.literal("text_similarity").describe("Which grader it is."),
  ...common,
  ...compared,
  evaluation_metric: z.enum(TEXT_METRICS as readonly string[] as [TextMetric, ...TextMetric[]], {
    error: ({ input }) => {
      const known = `Expected one of ${TEXT_METRICS.join(", ")}`;
      const why = typeof input === "string" && Object.hasOwn(REFUSED_METRICS, input)
        ? REFUSED_METRICS[input]
        : null;
      return why === null ? known : `${known}: ${why}`;
    },
  }).describe(
    "fuzzy_match: rapidfuzz's ratio; bleu and gleu: nltk's of a sentence; rouge_1 to rouge_5 and rouge_l: F1 of rouge-score.",
  ),
}).meta({ ...component("TextSimilarityGrader"), description: "From 0 to 1, how alike two texts are" });

const python = z.strictObject({
  type: z.literal("python").describe("Which grader it is."),
  ...common,
  source: z.string().min(1).max(MAX_SOURCE).describe(
    "Python with a function grade(sample, item), which gives a number. It is run without network, files or programs.",
  ),
  image_tag: z.string().max(100).nullish().describe("Taken, and without effect: there is one environment."),
}).meta({ ...component("PythonGrader"), description: "What a Python function gives" });

const inputText = z.strictObject({
  type: z.literal("input_text").describe("A text; there are no other parts."),
  text: template.describe("A template of what is said."),
}).meta(component("GraderInputText"));

const message = z.strictObject({
  type: z.literal("message").optional().describe("A message; there is nothing else."),
  role: z.enum(["user", "assistant", "system", "developer"]).describe("Who says it."),
  content: z.union([template, inputText, z.array(inputText).min(1).max(100)], {
    error: ({ code }) =>
      code === "invalid_union" ? "Expected a text, or { type: input_text, text }" : undefined,
  }).describe("A template, or one or several in parts."),
}).meta(component("GraderMessage"));

const sampling = z.strictObject({
  temperature: z.number().min(0).max(2).nullish().describe("0 is greedy. Default the judge's own."),
  top_p: z.number().min(0).max(1).nullish().describe(
    "Share of probability that is drawn from. Default the judge's own.",
  ),
  seed: z.int().nullish().describe("What the judge draws by, where it takes one."),
  max_completions_tokens: z.int().min(1).max(100_000).nullish().describe(
    "New tokens at most, by OpenAI's name for it in graders.",
  ),
  max_completion_tokens: z.int().min(1).max(100_000).nullish().describe(
    "The same by its name in chat completions.",
  ),
  reasoning_effort: z.string().max(20).nullish().describe("Passed on to the judge as it is."),
});

export const scoreModelSchema = z.strictObject({
  type: z.literal("score_model").describe("Which grader it is."),
  ...common,
  model: z.string().min(1).max(200).describe(
    "A classifier or reward model of this server by name; else a model of the judge that the server's GRADER_BASE_URL names.",
  ),
  input: z.array(message).min(1).max(100).describe(
    "Templates: what a judge is asked, or, joined by empty lines, what is classified.",
  ),
  range: z.tuple([z.number(), z.number()]).nullish().describe(
    "What the score is clipped to. Default [0, 1].",
  ),
  sampling_params: sampling.nullish().describe("How a judge samples."),
  label: z.string().min(1).max(200).optional().describe(
    "Of a local classifier: whose score it is. Default: that of the only label.",
  ),
}).superRefine(({ range }, context) => {
  if (range && range[0] >= range[1]) {
    refusing(context)(["range"], `Expected a lower and a higher bound, got ${range.join(" and ")}`);
  }
}).meta({ ...component("ScoreModelGrader"), description: "What a model says of it" });

const SINGLE = {
  string_check: stringCheck,
  text_similarity: textSimilarity,
  python,
  score_model: scoreModelSchema,
};

export type SingleGraderType = keyof typeof SINGLE;

/** Types that others have, and why this has not. */
const REFUSED_TYPES: Record<string, string> = {
  label_model: "label_model belongs to evals; score_model asks a model for a number",
  endpoint: "a service of your own is a reward of type http",
};

const unknownType = (known: readonly string[]) => ({ code, input }: { code?: string; input?: unknown }) => {
  if (code !== "invalid_union") return undefined;
  const type = Object(input).type as unknown;
  const expected = `Expected a type among ${known.join(", ")}, got ${
    typeof type === "string" ? `'${type.slice(0, 60)}'` : "none"
  }`;
  if (typeof type !== "string") return expected;
  if (type === "multi") return `${expected}: no multi grader inside another`;
  return Object.hasOwn(REFUSED_TYPES, type) ? `${expected}: ${REFUSED_TYPES[type]}` : expected;
};

const single = z.discriminatedUnion("type", [stringCheck, textSimilarity, python, scoreModelSchema], {
  error: unknownType(Object.keys(SINGLE)),
});

export type SingleGrader = z.output<typeof single>;

/** What a formula can name. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/**
 * Graders by name: a list and a single grader, which some clients send, are the map that they stand for. Names are looked at
 * before any grader is: the faults of all that a body has room for have no room on the stack.
 */
function asMap(given: unknown, context: z.RefinementCtx): unknown {
  const isGrader = typeof Object(given).type === "string";
  const list = Array.isArray(given) ? given : isGrader ? [given] : null;
  const named = list?.slice(0, MAX_GRADERS + 1).map((grader, at) => {
    const name: unknown = Object(grader).name;
    return [typeof name === "string" ? name : `grader_${at + 1}`, grader] as const;
  });
  const map: unknown = named ? Object.fromEntries(named) : given;
  if (typeof map !== "object" || map === null) return map;
  const refuse = refusing(context);
  const names = Object.keys(map);
  if (names.length === 0 || names.length > MAX_GRADERS) {
    refuse([], `Expected 1 to ${MAX_GRADERS} graders, got ${names.length}`);
    return z.NEVER;
  }
  if (named && names.length < named.length) refuse([], "Expected a name of its own for each grader");
  const odd = names.find((name) => !NAME.test(name));
  if (odd === undefined) return map;
  refuse(
    [odd],
    "Expected a name that a formula can have: a letter or '_', and up to 63 letters, digits and '_' more",
  );
  return z.NEVER;
}

const multi = z.strictObject({
  type: z.literal("multi").describe("Which grader it is."),
  ...common,
  graders: z.preprocess(asMap, z.record(z.string(), single)).describe(
    `Up to ${MAX_GRADERS} graders by the names that the formula has for them.`,
  ),
  calculate_output: z.string().min(1).max(MAX_FORMULA_CHARS).describe(
    "The reward: a formula of the graders' names, numbers, + - * / ^, parentheses, min, max, abs, floor, ceil, exp, sqrt and log.",
  ),
}).superRefine(({ graders, calculate_output }, context) => {
  const refuse = refusing(context);
  const names = Object.keys(graders);
  try {
    const unknown = parseFormula(calculate_output).names.find((name) => !names.includes(name));
    if (unknown !== undefined) {
      refuse(["calculate_output"], `Expected names among ${names.join(", ")}, got '${unknown}'`);
    }
  } catch (thrown) {
    if (!(thrown instanceof BadFormula)) throw thrown;
    refuse(["calculate_output"], thrown.message);
  }
}).meta({ ...component("MultiGrader"), description: "A formula of other graders" });

export const GRADER_TYPES = [...Object.keys(SINGLE), "multi"];

/** A grader of any type. */
export const graderSchema = z.discriminatedUnion("type", [
  stringCheck,
  textSimilarity,
  python,
  scoreModelSchema,
  multi,
], {
  error: unknownType(GRADER_TYPES),
}).meta({ ...component("Grader"), description: "What grades a completion, as OpenAI's fine-tuning has it" });

export type Grader = z.output<typeof graderSchema>;
export type GraderInput = z.input<typeof graderSchema>;
export type GraderOf<Type extends Grader["type"]> = Extract<Grader, { type: Type }>;

/** Those that grade, by their names; one that is no multi grader has the empty name. */
export function singleGraders(grader: Grader): [name: string, grader: SingleGrader][] {
  return grader.type === "multi" ? Object.entries(grader.graders) : [["", grader]];
}
