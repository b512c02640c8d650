/**
 * BLEU (Papineni et al. 2002) and Google's variant of it (Wu et al. 2016) of one text against one reference, as nltk's
 * `sentence_bleu` and `sentence_gleu` give them for texts that are split at white space: four orders, no smoothing.
 */
import { ngrams, overlap, words } from "./ngrams.ts";

const ORDERS = 4;
/** What nltk puts in place of no match in an order, so that there is a logarithm: the smallest normal double. */
const TINY = 2.2250738585072014e-308;

export function bleu(input: string, reference: string): number {
  const hypothesis = words(input), wanted = words(reference);
  const precisions = Array.from({ length: ORDERS }, (_, at) => {
    const counts = ngrams(hypothesis, at + 1);
    const total = Math.max(1, hypothesis.length - at);
    return { matches: overlap(counts, ngrams(wanted, at + 1)), total };
  });
  if (precisions[0]!.matches === 0) return 0;
  const brevity = hypothesis.length > wanted.length ? 1 : Math.exp(1 - wanted.length / hypothesis.length);
  const log = precisions.reduce(
    (sum, { matches, total }) => sum + Math.log(matches === 0 ? TINY : matches / total) / ORDERS,
    0,
  );
  return brevity * Math.exp(log);
}

export function gleu(input: string, reference: string): number {
  const hypothesis = words(input), wanted = words(reference);
  let matches = 0, inputs = 0, references = 0;
  for (let n = 1; n <= ORDERS; n++) {
    matches += overlap(ngrams(hypothesis, n), ngrams(wanted, n));
    inputs += Math.max(0, hypothesis.length - n + 1);
    references += Math.max(0, wanted.length - n + 1);
  }
  const most = Math.max(inputs, references);
  return most === 0 ? 0 : matches / most;
}
