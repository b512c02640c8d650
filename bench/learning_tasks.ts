/** What `task bench --learning` has ours and the peer learn: the same prompts, reward and settings for both. */
import type { PpoJobRequest } from "../core/contract/ppo_job.ts";
import {
  ADVANTAGE_METHODS,
  ADVANTAGE_NAMES,
  type AdvantageName,
} from "../core/contract/advantage_methods.ts";
import { demoJob } from "../tasks/tiny/demo_job.ts";
import { storyPpo } from "../tasks/story/ppo.ts";
import { WORKLOADS } from "./workloads.ts";

/** A task whose scores come from the texts. */
export interface LearningTask {
  /** The job but for its seed. */
  request: PpoJobRequest;
  /** Mean score of a step that counts as learnt. */
  threshold: number;
  /** Only for a model of random weights, which has no texts. */
  random?: RandomTask;
  /** Its model and reward model are those that `task story --export` left. */
  exported?: true;
  /** What the peer's PPO cannot do: run by ours alone, and where it is named. */
  alone?: true;
  /** The task whose mean score over the run is to be nearly reached, where that is run too. */
  beside?: string;
}

/** A model of random weights that writes but a few of its tokens, and a score that some of those are worth. */
export interface RandomTask {
  config: Record<string, unknown>;
  /** Ids below this are written often: their rows of the head are this many times as large as the others'. */
  frequent: number;
  scale: number;
  /** The score is the share of a response's ids below this. */
  wanted: number;
  /** Prompts, and their tokens. */
  prompts: number;
  P: number;
}

const demo = demoJob(0);
const { seed: _, ...question } = demo;

/** The question by another way to estimate advantages, with that one's defaults: as many rollouts in as many steps. */
function questionBy(advantage: AdvantageName): LearningTask {
  const compares = ADVANTAGE_METHODS[advantage].least_rollouts > 1;
  const { kl_coef: _, ...ppo } = question.ppo!;
  const groups = { prompts: question.prompts!.slice(0, 40), epochs: 4 };
  return {
    request: {
      ...question,
      ...(compares && groups),
      ppo: { ...ppo, advantage, ...(compares && { batch_size: 8, rollouts_per_prompt: 4 }) },
    },
    threshold: 1.7,
    alone: true,
  };
}

/** The question with so many of the model's four layers trained, for policy and value network, at so many times the rate. */
function questionOfLast(last: number, times = 1): LearningTask {
  const ppo = { ...question.ppo, learning_rate: times * question.ppo!.learning_rate! };
  return {
    request: { ...question, ppo, trainable: { type: "lora", layers: { last } } },
    threshold: 1.7,
    alone: true,
    beside: "question",
  };
}

const OTHERS = ADVANTAGE_NAMES.filter((name) => !ADVANTAGE_METHODS[name].critic);

/** By name; the first three are run unless others are named. */
export const LEARNING_TASKS: Record<string, LearningTask> = {
  /** The demo: a question of 6 to 14 words. */
  question: { request: question, threshold: 1.7 },
  /** Words that few summaries have. */
  keywords: {
    request: { ...question, reward: { type: "keywords", keywords: ["help", "please", "advice"] } },
    threshold: 1.5,
  },
  /** A reward model that learned to count words (learned_reward.ts). */
  learned: { request: { ...question, reward: { type: "model", model: "learned" } }, threshold: 2.4 },
  "question-last-2": questionOfLast(2),
  "question-last-2-faster": questionOfLast(2, 2),
  ...Object.fromEntries(OTHERS.map((name) => [`question-${name}`, questionBy(name)])),
  /** What `task story` trains: its own policy, after sft, and the reward model that it learned from preferences. */
  story: {
    request: { ...storyPpo(), model: "story", reward: { type: "model", model: "story" } },
    threshold: 1,
    exported: true,
  },
  /** The shapes of SmolLM2-135M, but for a head of its own, with random weights. */
  "135m": {
    request: {
      ...question,
      prompts: Array.from({ length: 8 }, () => "ids are given below"),
      epochs: 16,
      ppo: {
        batch_size: 8,
        max_new_tokens: 16,
        learning_rate: 5e-5,
        kl_coef: 0.02,
        missing_eos_penalty: 0,
      },
      // Says nothing: the score is of ids.
      reward: { type: "length", target: 1 },
    },
    threshold: 0.3,
    random: {
      // Tied, a random model says its last token again and again.
      config: { ...WORKLOADS["135m"].config, tie_word_embeddings: false },
      frequent: 64,
      scale: 8,
      wanted: 32,
      prompts: 8,
      P: 8,
    },
  },
};
