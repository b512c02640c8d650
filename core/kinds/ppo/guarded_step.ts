/** A PPO step, and what the job's guard makes of it: nothing, a warning, the job's end, or the last good state again. */
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import { stepsPerEpoch } from "../../train/prompt_schedule.ts";
import type { StepOptions } from "../../train/step_loop.ts";
import { judgeStep, UNGUARDED } from "./guard.ts";
import { type PpoState, ppoStep, type PpoStepped } from "./ppo_step.ts";
import type { RolloutParts } from "./rollout.ts";

/** Sets weights and moments to those after `step`, which a checkpoint was due after; 0 is the job's start. Gives the state. */
export type GoBack = (step: number) => Promise<PpoState>;

/** The newest step before `step` that a checkpoint is due after, whatever was written beside; 0 where there is none. */
export function dueBefore(step: number, stepsPerEpoch: number, every: number | null): number {
  const last = (period: number) => Math.floor((step - 1) / period) * period;
  return Math.max(last(stepsPerEpoch), every ? last(every) : 0);
}

/** The step after `state`, judged. Throws what `ppoStep` does, and where the good checkpoint is gone. */
export async function guardedStep(
  parts: RolloutParts & { goBack?: GoBack; checkpoints?: unknown },
  job: PpoJobConfig,
  state: PpoState,
  options: StepOptions,
): Promise<PpoStepped> {
  const stepped = await ppoStep(parts, job, state, options);
  const { ppo: { guard, batch_size }, checkpoint_every_steps } = job;
  if (!guard) return stepped;
  const { next } = stepped;
  const perEpoch = stepsPerEpoch(parts.prompts.length, batch_size);
  const written = parts.checkpoints ? dueBefore(next.step, perEpoch, checkpoint_every_steps) : 0;
  const verdict = judgeStep(guard, state.guard ?? UNGUARDED, stepped.judged, { step: next.step, written });
  const judged = { ...stepped, warnings: [...stepped.warnings, ...verdict.warnings] };
  if (verdict.rollback === null) return { ...judged, next: { ...next, guard: verdict.next } };
  if (!parts.goBack) throw new TypeError("Cannot go back: nothing here knows how");
  const good = await parts.goBack(verdict.rollback);
  const { step, episodes, tokens } = next;
  return {
    ...judged,
    // What was told of stays told.
    next: {
      ...{ ...good, step, episodes, tokens },
      watch: { ...good.watch, told: next.watch.told },
      guard: verdict.next,
    },
  };
}
