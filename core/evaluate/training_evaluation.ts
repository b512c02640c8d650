/**
 * The evaluation of a policy that is being trained, as the loop of steps asks for it. It draws the same random numbers each
 * time, so that figures differ by the policy alone, and none of the training's, which goes on as it would without.
 */
import { STEP_SAMPLES } from "../contract/training_events.ts";
import type { Prompt } from "../tokenizer/prompt.ts";
import type { RowSource } from "../train/row_source.ts";
import type { Evaluation } from "../train/step_loop.ts";
import type { EvaluationSettings, Evaluator } from "./evaluator.ts";
import { evaluationMetrics } from "./result.ts";
import { addEvaluated, emptyTally } from "./tally.ts";

/** What is evaluated on: some rows of a source, by their indices. */
export interface EvaluationPrompts {
  prompts: RowSource<Prompt>;
  indices: readonly number[];
}

export interface TrainingEvaluationSettings extends EvaluationSettings {
  /** Steps from one evaluation to the next. */
  every: number;
  /** Of the job, after the last of which one is made whatever `every` is. */
  steps: number;
  /** How many prompts are answered at once. */
  batch_size: number;
}

export function trainingEvaluation(
  evaluator: Evaluator,
  { prompts, indices }: EvaluationPrompts,
  { every, steps, batch_size, ...settings }: TrainingEvaluationSettings,
): Evaluation {
  return {
    due: (step) => step % every === 0 || step === steps,
    async *run(step, signal) {
      const begin = performance.now();
      let tally = emptyTally({ against: false });
      for (let done = 0; done < indices.length; done += batch_size) {
        yield { type: "evaluating", step, done, of: indices.length };
        const batch = indices.slice(done, done + batch_size)
          .map((prompt_idx) => ({ prompt_idx, prompt: prompts.at(prompt_idx)! }));
        tally = addEvaluated(tally, await evaluator.evaluate(batch, settings, signal), null);
      }
      const seconds = (performance.now() - begin) / 1000;
      return {
        metrics: { ...evaluationMetrics(tally), "time/evaluate_s": seconds },
        samples: tally.shown.slice(0, STEP_SAMPLES),
        seconds,
      };
    },
  };
}
