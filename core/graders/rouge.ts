/** ROUGE (Lin 2004): F1 of shared runs of words, and of the longest common subsequence, as rouge-score gives them without stemming. */
import { commonSubsequence } from "./common_subsequence.ts";
import { ngrams, overlap } from "./ngrams.ts";

/** Letters and digits of ASCII; all else is a gap. */
function tokens(text: string): string[] {
  return text.toLowerCase().split(/[^a-z0-9]+/).filter((token) => token !== "");
}

function f1(shared: number, inputs: number, references: number): number {
  const precision = shared / Math.max(inputs, 1), recall = shared / Math.max(references, 1);
  return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

export function rougeN(n: number): (input: string, reference: string) => number {
  return (input, reference) => {
    const a = tokens(input), b = tokens(reference);
    const runs = (tokens: readonly string[]) => Math.max(0, tokens.length - n + 1);
    return f1(overlap(ngrams(a, n), ngrams(b, n)), runs(a), runs(b));
  };
}

export function rougeL(input: string, reference: string): number {
  const ids = new Map<string, number>();
  const [a, b] = [tokens(input), tokens(reference)].map((side) =>
    side.map((token) => {
      const id = ids.get(token) ?? ids.size;
      ids.set(token, id);
      return id;
    })
  ) as [number[], number[]];
  return f1(commonSubsequence(a, b), a.length, b.length);
}
