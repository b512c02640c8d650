/** How alike two texts are, from 0 to 1: the table of metrics. */
import type { TextMetric } from "../contract/graders/grader_schema.ts";
import { bleu, gleu } from "./bleu.ts";
import { fuzzyMatch } from "./fuzzy_match.ts";
import { rougeL, rougeN } from "./rouge.ts";

/** @param input what is judged, the hypothesis */
type Similarity = (input: string, reference: string) => number;

export const TEXT_SIMILARITIES: Record<TextMetric, Similarity> = {
  fuzzy_match: fuzzyMatch,
  bleu,
  gleu,
  rouge_1: rougeN(1),
  rouge_2: rougeN(2),
  rouge_3: rougeN(3),
  rouge_4: rougeN(4),
  rouge_5: rougeN(5),
  rouge_l: rougeL,
};
