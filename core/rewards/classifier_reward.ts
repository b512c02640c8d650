/** What a ready text classifier gives a label: its own tokenizer, its own graph, and what makes scores of its outputs. */
import type { RewardOf } from "../contract/reward_schema.ts";
import { type ClassifierFolder, readClassifierFolder } from "../formats/text_classifier_folder.ts";
import { TextClassifier } from "../networks/text_classifier.ts";
import type { Runtime } from "../ort/runtime.ts";
import { loadTokenizer, type TextTokenizer } from "../tokenizer/tokenizer.ts";
import type { RewardSample, Scorer } from "./reward_source.ts";

type Config = RewardOf<"classifier">;

const TEXTS: { [Text in Config["text"]]: (sample: RewardSample) => string } = {
  completion: ({ completion }) => completion,
  prompt_and_completion: ({ prompt, completion }) => prompt + completion,
};

/** From one number a label to the score of one of them, in double. */
const FUNCTIONS: { [Apply in ClassifierFolder["apply"]]: (logits: Float32Array, label: number) => number } = {
  none: (logits, label) => logits[label]!,
  sigmoid: (logits, label) => 1 / (1 + Math.exp(-logits[label]!)),
  softmax: (logits, label) => {
    const most = logits.reduce((a, b) => Math.max(a, b));
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - most), 0);
    return Math.exp(logits[label]! - most) / sum;
  },
};

/** Whoever asks disposes of it. @throws {UserError} of the folder, without a field */
export async function loadClassifier(
  runtime: Runtime,
  folder: string,
  config: Config,
): Promise<{ source: Scorer; dispose(): void }> {
  const found = await readClassifierFolder(folder, config);
  const encode = withinLength(await loadTokenizer(folder), found.max_length);
  const classifier = await TextClassifier.open(runtime, found);
  const score = FUNCTIONS[found.apply];
  return {
    source: {
      async score(samples, signal) {
        const scores = new Float32Array(samples.length);
        for (const [row, sample] of samples.entries()) {
          signal?.throwIfAborted();
          const logits = await classifier.logits(encode(TEXTS[config.text](sample)), signal);
          scores[row] = score(logits, found.label);
        }
        return scores;
      },
    },
    dispose: () => classifier.dispose(),
  };
}

/** Ids of a text, of which no more than so many are left, its end cut: what the tokenizer itself puts around a text stays. */
export function withinLength(tokenizer: TextTokenizer, length: number): (text: string) => number[] {
  const empty = tokenizer.encode("");
  const some = tokenizer.encode("a");
  let before = 0;
  while (before < empty.length && empty[before] === some[before]) before++;
  const behind = empty.length - before;
  return (text) => {
    const ids = tokenizer.encode(text);
    if (ids.length === 0) return [tokenizer.padTokenId ?? tokenizer.eosTokenId ?? 0];
    if (ids.length <= length) return ids;
    return [...ids.slice(0, Math.max(0, length - behind)), ...ids.slice(ids.length - behind)];
  };
}
