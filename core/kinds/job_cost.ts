/** What a job takes, by what takes it. */

/** The program, its heap and its graphs. */
export const PROCESS_BYTES = 300e6;

/** Bytes, by what takes them. */
export type MemoryParts = {
  process: number;
  weights: number;
  /** Matrices once more, in the order that sampling reads them, or with an adapter merged in. */
  reordered: number;
  reward_models: number;
  /** Trained parameters: with gradients and two moments, and where they started if that is kept. */
  trained: number;
  /** Keys and values of the rows that are sampled. */
  cache: number;
  /** What goes into the first trained layers of a step's rollouts, where it is kept. */
  hidden_states: number;
  /** The largest run's values between inputs and outputs, logits among them. */
  activations: number;
};

export type JobCost = {
  memory_bytes: number;
  memory: MemoryParts;
  /** Floating-point operations of one step's products. */
  step_flops: number;
  /** Bytes of weights that sampling reads in one step. */
  step_reads: number;
};

/** A job's estimate: its cost, and what the machine has in all and what is free of it now. */
export interface JobEstimate extends JobCost {
  machine_bytes: number;
  available_bytes: number;
}
