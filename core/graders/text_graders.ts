/** The graders that compare two texts. */
import type { GraderOf, OPERATIONS } from "../contract/graders/grader_schema.ts";
import { fillTemplate, parseTemplate, type Variables } from "../contract/graders/template.ts";
import { TEXT_SIMILARITIES } from "./text_similarities.ts";

/** From what templates are filled in with to a score. @throws what `faultOf` knows */
export type RowScorer = (variables: Variables) => number;

type Compare = (input: string, reference: string) => boolean;

const COMPARE: Record<(typeof OPERATIONS)[number], Compare> = {
  eq: (input, reference) => input === reference,
  ne: (input, reference) => input !== reference,
  neq: (input, reference) => input !== reference,
  like: (input, reference) => input.includes(reference),
  ilike: (input, reference) => input.toLowerCase().includes(reference.toLowerCase()),
};

/** What is compared by characters may have so many: time grows with the product of both. */
const MAX_COMPARED = 50_000;

export function stringCheck({ operation, ...texts }: GraderOf<"string_check">): RowScorer {
  const fill = filled(texts);
  return (variables) => Number(COMPARE[operation](...fill(variables)));
}

export function textSimilarity({ evaluation_metric, ...texts }: GraderOf<"text_similarity">): RowScorer {
  const fill = filled(texts);
  const similarity = TEXT_SIMILARITIES[evaluation_metric];
  return (variables) => {
    const [input, reference] = fill(variables);
    const length = Math.max(input.length, reference.length);
    if (length > MAX_COMPARED) {
      throw new RangeError(`Texts that are compared may have ${MAX_COMPARED} characters: one has ${length}`);
    }
    return similarity(input, reference);
  };
}

function filled(texts: { input: string; reference: string }) {
  const input = parseTemplate(texts.input), reference = parseTemplate(texts.reference);
  return (variables: Variables): [string, string] => [
    fillTemplate(input, variables),
    fillTemplate(reference, variables),
  ];
}
