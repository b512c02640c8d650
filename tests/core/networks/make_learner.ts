/** Learners on a fixture, and rollout rows to update them with. */
import { BaseModel } from "../../../core/weights/base_model.ts";
import { type PpoJobConfig, type PpoJobRequest, ppoJobSchema } from "../../../core/contract/ppo_job.ts";
import type { Experience } from "../../../core/kinds/ppo/experience.ts";
import type { Learner } from "../../../core/kinds/ppo/learner.ts";
import { makeLearner as learnerOf } from "../../../core/kinds/ppo/run.ts";
import { makeExperience } from "../kinds/ppo/make_experience.ts";
import { someTokens } from "./tiny_models.ts";

/** The four kinds of learner. */
export const KINDS = {
  "lora, separate": {
    trainable: { type: "lora", r: 4, alpha: 8 },
    value: { type: "separate", r: 4, alpha: 8 },
  },
  "lora, shared": { trainable: { type: "lora", r: 4, alpha: 8 }, value: { type: "shared" } },
  "full, separate": { trainable: { type: "full" }, value: { type: "separate", r: 4, alpha: 8 } },
  "full, shared": { trainable: { type: "full" }, value: { type: "shared" } },
} as const satisfies Record<string, Partial<PpoJobRequest>>;

/** A job with every default filled in. */
export function makeJob(given: Partial<PpoJobRequest> = {}): PpoJobConfig {
  return ppoJobSchema.parse({
    kind: "ppo",
    model: "fixture",
    prompts: ["The quick", "TL;DR: my", "I have", "Write a short summary"],
    reward: { type: "length", target: 5 },
    ...given,
  });
}

/** Policy, critic and optimizers of a job that starts from the bare model in `folder`. */
export async function makeLearner(base: BaseModel, job: PpoJobConfig): Promise<Learner> {
  return await learnerOf(base, job);
}

/** Rows of uneven lengths as a rollout under this learner would have left them, with made-up rewards. */
export async function measuredRows(
  { policy, critic }: Learner,
  temperature: number,
  shapes: readonly (readonly [prompt: number, response: number])[] = [[5, 6], [1, 1], [9, 3], [3, 8]],
): Promise<Experience[]> {
  const sequences = shapes.map(([prompt, response], key) => ({
    prompt_ids: Int32Array.from(someTokens(2 * key, prompt)),
    response_ids: Int32Array.from(someTokens(2 * key + 1, response)),
  }));
  const measured = await policy.analyze(sequences, { temperature });
  const reference = await policy.analyze(sequences, { temperature, reference: true });
  const values = critic ? await critic.network.analyze(sequences) : measured.values!;
  return sequences.map((sequence, row) => {
    const wave = (scale: number) =>
      Float32Array.from(sequence.response_ids, (id, t) => scale * Math.sin(id + 3 * t + row));
    return makeExperience(sequence.response_ids.length, {
      ...sequence,
      rollout_id: `0-${row}`,
      logprobs: measured.logprobs[row]!,
      ref_logprobs: reference.logprobs[row]!,
      values: values[row]!,
      advantages: wave(1),
      returns: wave(2),
    });
  });
}
