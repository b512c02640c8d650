/** Samples of a step as its event shows them: few, and cut between characters. */
import { cutText, cutTextBefore } from "../cut_text.ts";
import { STEP_SAMPLES, type TrainingEvent } from "../contract/training_events.ts";

type Samples = Extract<TrainingEvent, { type: "step" }>["samples"];

const MAX_SAMPLE_CHARACTERS = 2000;

/** The feed is for reading along; whole texts belong to the rollouts. */
export function boundedSamples(samples: Samples) {
  return samples.slice(0, STEP_SAMPLES).map(({ prompt, completion, score }) => ({
    prompt: cutTextBefore(prompt, MAX_SAMPLE_CHARACTERS),
    completion: cutText(completion, MAX_SAMPLE_CHARACTERS),
    score,
  }));
}
