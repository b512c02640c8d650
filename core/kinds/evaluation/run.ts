/** A planned evaluation: loads what it names and evaluates batch by batch, keeping what there is below its folder. */
import type { EvaluationJobConfig } from "../../contract/evaluation_job.ts";
import type { JobFolders } from "../../contract/protocol.ts";
import { STEP_SAMPLES, type TrainingEvent, type TrainingSummary } from "../../contract/training_events.ts";
import { Evaluator } from "../../evaluate/evaluator.ts";
import { evaluationMetrics, evaluationResult } from "../../evaluate/result.ts";
import { addEvaluated, emptyTally, type Tally } from "../../evaluate/tally.ts";
import { FrozenTrunk } from "../../networks/frozen_trunk.ts";
import { loadPolicy } from "../../networks/load_policy.ts";
import type { Runtime } from "../../ort/runtime.ts";
import { stopIds } from "../../tokenizer/stop_ids.ts";
import { type Counters, type Course, runSteps, startedEvent } from "../../train/step_loop.ts";
import { BaseModel } from "../../weights/base_model.ts";
import { jobCheckpoints } from "../job_checkpoints.ts";
import { jobReward } from "../job_reward.ts";
import type { RunContext } from "../kind.ts";
import type { EvaluationWork } from "./plan.ts";

/** What changes from step to step. Random numbers are drawn by seed, prompt and sample alone. */
export interface EvaluationState extends Counters {
  tally: Tally;
}

/** Runs a planned evaluation to its end, yielding its events; the summary has its result. */
export async function* runEvaluation(
  runtime: Runtime,
  job: EvaluationJobConfig,
  folders: JobFolders & { output: string },
  {
    planned,
    memoryShare,
    earlier: { found, damaged },
    checkVersions,
    checkpointPlace,
    text,
    ask,
    ...signals
  }: RunContext<EvaluationWork, EvaluationState>,
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const { plan, tokenizer, work: { prompts } } = planned;
  const precision = job.base_precision ?? undefined;
  const base = await BaseModel.open(runtime, folders.model, { precision, memoryShare });
  const stopTokenIds = stopIds(planned.info, tokenizer, job.generation.stop_token_ids);
  const reward = await jobReward(runtime, job, folders, { text, ask });
  const evaluatorOf = async (of: { checkpoint?: string; adapter?: string }) => {
    const policy = await loadPolicy(base, of);
    const trunk = FrozenTrunk.below(base, [policy.tuning]);
    return new Evaluator({ policy, trunk, reward, tokenizer, stopTokenIds });
  };
  const evaluator = await evaluatorOf(folders);
  const other = job.against === null ? null : await evaluatorOf({ checkpoint: folders.against });
  await checkVersions();
  const tally = emptyTally({ against: other !== null });
  const course: Course<EvaluationState> = {
    plan,
    epochs: 1,
    start: found?.at ?? { state: { step: 0, episodes: 0, tokens: 0, tally }, sums: {}, metrics: {} },
    async step(state, { signal }) {
      const begin = performance.now();
      const first = state.step * job.batch_size;
      const last = Math.min(first + job.batch_size, prompts.length);
      const batch = await text.map(
        Array.from({ length: last - first }, (_, at) => first + at),
        (prompt_idx) => ({ prompt_idx, prompt: prompts.at(prompt_idx)! }),
      );
      const evaluated = await evaluator.evaluate(batch, job, signal);
      const against = other && await other.evaluate(batch, job, signal);
      const tally = addEvaluated(state.tally, evaluated, against);
      const tokens = [...evaluated, ...against ?? []].reduce((sum, row) => sum + row.tokens, 0);
      const seconds = (performance.now() - begin) / 1000;
      return {
        next: {
          step: state.step + 1,
          episodes: state.episodes + evaluated.length,
          tokens: state.tokens + tokens,
          tally,
        },
        metrics: {
          ...evaluationMetrics(tally),
          "time/step_s": seconds,
          "tokens_per_second": tokens / seconds,
          "memory/rss_bytes": Deno.memoryUsage().rss,
        },
        samples: evaluated.filter(({ sample }) => sample === 0).slice(0, STEP_SAMPLES),
        warnings: [],
        seconds,
      };
    },
    // Of all that was evaluated, not a mean of the means that there were on the way.
    epochMetrics: (_, last) => last,
    result: ({ tally }) => evaluationResult(tally),
    checkpoints: jobCheckpoints<EvaluationState>(
      job,
      null,
      await checkpointPlace(),
      ({ tally: _, ...counters }) => counters,
    ),
  };
  yield startedEvent({ plan, epochs: 1 }, course.start, { found, damaged });
  return yield* runSteps(course, signals);
}
