/** Puts what `task bench --learning` measured into docs/: the picture, and the table below it in performance.md. */
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import type { LearningSummary } from "./learning_summary.ts";

const DOCUMENT = fileURLToPath(new URL("../docs/performance.md", import.meta.url));
const PICTURE = fileURLToPath(new URL("../docs/learning_curves.svg", import.meta.url));
/** The lines between which the document's part lies. */
const PART = /(?<=<!-- task bench --learning --docs -->\n).*?(?=<!-- end -->)/s;

/** One task: what both systems came to. */
export interface MeasuredTask {
  task: string;
  threshold: number;
  proximal: LearningSummary;
  trl: LearningSummary;
}

/** The table as Markdown: a line for each system and task. */
export function learningTable(measured: readonly MeasuredTask[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const row = (
    name: string,
    { seeds, score, score_se, last_score, steps_to_threshold, last_kl, last_kl_se }: LearningSummary,
  ) => [
    name,
    String(seeds),
    `${score.toFixed(3)} ± ${score_se.toFixed(3)}`,
    steps_to_threshold.toFixed(1),
    last_score.toFixed(2),
    `${last_kl.toFixed(2)} ± ${last_kl_se.toFixed(2)}`,
  ];
  return [
    line([
      ...["", "seeds", "mean score over the run", "steps to the threshold", "score, last fifth"],
      "KL, last fifth",
    ]),
    line(["---", "---", "---", "---", "---", "---"]),
    ...measured.flatMap(({ task, threshold, proximal, trl }) => [
      line(row(`${task} (${threshold}), here`, proximal)),
      line(row(`${task}, TRL`, trl)),
    ]),
  ].join("\n");
}

/** Replaces the document's part and the picture. @throws {Error} when the document has no place for it */
export async function writeLearningDocs(measured: readonly MeasuredTask[], svg: string): Promise<void> {
  const document = await Deno.readTextFile(DOCUMENT);
  if (!PART.test(document)) {
    throw new Error(`${DOCUMENT} has no lines 'task bench --learning --docs' and 'end'`);
  }
  const processor = `${cpus().length} cores of ${cpus()[0]!.model}`;
  const part = [
    "![Mean score by step of this server and TRL, with the spread over seeds](learning_curves.svg)",
    `${processor}, means over seeds and their standard errors:`,
    learningTable(measured),
  ].join("\n\n");
  await Deno.writeTextFile(PICTURE, svg);
  await Deno.writeTextFile(DOCUMENT, document.replace(PART, `\n${part}\n\n`));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", DOCUMENT] }).output();
}
