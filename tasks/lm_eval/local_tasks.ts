/** Small tasks of the lm-evaluation-harness about what the embedded model writes, one of each way to ask a model. */
import { join } from "node:path";

const POSTS = [
  [
    "My neighbor practices the drums every night.",
    "My neighbor is loud.",
    "The cake was good.",
    "I like trains.",
  ],
  ["The bakery stopped making the bread I like.", "I miss my bread.", "My dog is old.", "We won the game."],
  [
    "My sister keeps forgetting to give my bike back.",
    "The soup is cold.",
    "My sister has my bike.",
    "It rained.",
  ],
  ["Our train was late and I missed the exam.", "I missed my exam.", "The cat sleeps.", "Blue is nice."],
  ["The café’s naïve waiter 😀 mixed up our order.", "We got the wrong food.", "He sings.", "I am tired."],
] as const;

/** Longer than the context of the embedded model. */
const LONG = Array.from({ length: 56 }, (_, at) => POSTS[at % POSTS.length]![0]).join("\n");

const ROWS: Record<string, unknown[]> = {
  proximal_choice: POSTS.map(([post, ...choices], at) => ({
    context: `POST: ${post}\nTL;DR:`,
    choices,
    answer: [0, 0, 1, 0, 0][at],
  })),
  proximal_generate: POSTS.map(([post]) => ({
    context: `POST: ${post}\nTL;DR:`,
    answer: "My neighbor is loud.",
  })),
  proximal_rolling: [...POSTS.map(([post]) => ({ text: post })), { text: LONG }],
};

const FILES: Record<string, string> = {
  proximal_choice: `output_type: multiple_choice
doc_to_text: "{{context}}"
doc_to_choice: "{{choices}}"
doc_to_target: "{{answer}}"
metric_list:
  - metric: acc
  - metric: acc_norm
`,
  proximal_generate: `output_type: generate_until
doc_to_text: "{{context}}"
doc_to_target: "{{answer}}"
generation_kwargs:
  until: ["\\n"]
  max_gen_toks: 16
  do_sample: false
metric_list:
  - metric: exact_match
`,
  proximal_rolling: `output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{text}}"
metric_list:
  - metric: word_perplexity
  - metric: byte_perplexity
  - metric: bits_per_byte
`,
};

export type TaskName = "proximal_choice" | "proximal_generate" | "proximal_rolling";

/** Writes the tasks' files and rows into `folder`. */
export async function writeTasks(folder: string): Promise<void> {
  for (const [name, rows] of Object.entries(ROWS)) {
    const path = join(folder, `${name}.jsonl`);
    await Deno.writeTextFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const head =
      `task: ${name}\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: ${path}\ntest_split: test\n`;
    await Deno.writeTextFile(join(folder, `${name}.yaml`), head + FILES[name]!);
  }
}
