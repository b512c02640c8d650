/** Learning rate over a job's optimizer steps, as a factor of its peak. Pure: a resumed job needs only its step. */

/** What remains of the peak after a share `done` in [0, 1] of the steps behind the warm-up. */
const DECAYS = {
  linear: (done: number): number => 1 - done,
  cosine: (done: number): number => 0.5 * (1 + Math.cos(Math.PI * done)),
  constant: (_done: number): number => 1,
} as const;

export interface LrScheduleConfig {
  lr_scheduler: keyof typeof DECAYS;
  /** Optimizer steps. */
  warmup_steps: number;
  min_lr_ratio: number;
}

/**
 * Factor for the optimizer step that follows `step` finished ones: step / warmup_steps while warming up (so the
 * very first step of a warm-up has rate 0), then from 1 down to `min_lr_ratio` at `total`.
 */
export function lrFactor(config: LrScheduleConfig, step: number, total: number): number {
  const { lr_scheduler, warmup_steps, min_lr_ratio } = config;
  if (step < warmup_steps) return step / warmup_steps;
  const done = Math.min(1, (step - warmup_steps) / Math.max(1, total - warmup_steps));
  return DECAYS[lr_scheduler](done) * (1 - min_lr_ratio) + min_lr_ratio;
}
