/**
 * Rollouts that a server with OpenAI's completions samples in place of the job's own engine: what a job says of it, and what
 * an engine asks of the API process, which alone reaches a network.
 */
import { z } from "zod";
import { component } from "./component.ts";
import "../field_messages.ts";
import { FINISH_REASONS } from "./records.ts";
import type { Refuse } from "./refuse.ts";
import { refusing } from "./refuse.ts";
import { headerFaults, requestHeaders } from "./request_headers.ts";

/** How a server is given the policy's adapter. */
export const FOLLOWS = ["vllm", "none"] as const;

export const rolloutsSchema = z.strictObject({
  type: z.literal("openai").describe("What samples: a server with OpenAI's /v1/completions."),
  url: z.url({ protocol: /^https?$/, error: "Expected an http or https URL" }).max(2048).describe(
    "Where the API is that has /completions below it, as https://host/v1: a public https URL, or one that the server's OUTBOUND_ALLOW opens.",
  ),
  model: z.string().min(1).max(500).describe("What that server calls the job's model, without an adapter."),
  adapter: z.enum(FOLLOWS).describe(
    "How the server follows the policy. vllm: each step's adapter is written below the server's ROLLOUT_ADAPTERS_DIR and loaded by POST /load_lora_adapter, the one before unloaded. none: it does not, and samples its model as it is, whatever has been learned: said by hand, as the rollouts are then another policy's. Required.",
  ),
  adapters_path: z.string().min(1).max(1000).nullable().default(null).describe(
    "With vllm: where that server sees ROLLOUT_ADAPTERS_DIR. Default null: at the same path.",
  ),
  prompt_format: z.enum(["ids", "text"]).default("ids").describe(
    "What prompts are sent as: token ids, or their text, for servers that take no ids. Default ids.",
  ),
  logprobs: z.enum(["raw", "processed"]).default("raw").describe(
    "What the server's log-probabilities are of, which the gap is measured by: raw of its logits, as vLLM and llama.cpp have them by default; processed after ppo.temperature (vLLM's --logprobs-mode processed_logprobs). Default raw.",
  ),
  headers: requestHeaders,
  timeout_s: z.int().min(1).max(3600).default(300).describe(
    "How long one try of a request, all responses to a prompt, may take, in seconds. Default 300.",
  ),
  concurrency: z.int().min(1).max(256).default(16).describe("Requests at a time, one a prompt. Default 16."),
  max_attempts: z.int().min(1).max(20).default(4).describe(
    "Tries of a request: one that is answered 408, 429 or 5xx, not at all or too late is sent again after a growing pause. Default 4.",
  ),
}).superRefine(({ headers, adapter, adapters_path }, context) => {
  const refuse = refusing(context);
  headerFaults(headers, refuse);
  if (adapter === "none" && adapters_path !== null) {
    refuse(["adapters_path"], "Expected null with adapter none, which writes no adapters");
  }
}).meta({ ...component("Rollouts"), description: "A server that samples a job's rollouts" });

export type RolloutsConfig = z.output<typeof rolloutsSchema>;

/** What of a job a server's rollouts cannot do. */
export function rolloutFaults(
  { rollouts, trainable, replicas, rollout_precision }: {
    rollouts: RolloutsConfig | null;
    trainable: { type: string };
    replicas: number;
    rollout_precision: string | null;
  },
  refuse: Refuse,
): void {
  if (rollouts === null) return;
  if (trainable.type === "full") {
    refuse(
      ["rollouts"],
      "Expected null with trainable.type full: a server cannot follow a policy whose weights all change",
    );
  }
  if (replicas > 1) {
    refuse(["replicas"], `Expected 1 with rollouts, got ${replicas}: one process asks the server`);
  }
  if (rollout_precision !== null) {
    refuse(
      ["rollout_precision"],
      `Expected null with rollouts, got ${rollout_precision}: the server samples as it is set up`,
    );
  }
}

/** Responses to one prompt. */
export const rolloutQuestionSchema = z.object({
  type: z.literal("rollouts"),
  prompt_ids: z.array(z.int()).min(1),
  prompt: z.string(),
  n: z.int().min(1),
  max_tokens: z.int().min(1),
  temperature: z.number(),
  seed: z.int(),
  stop_token_ids: z.array(z.int()),
  /** Name of the adapter; null for the model itself. */
  adapter: z.string().nullable(),
});

export type RolloutQuestion = z.output<typeof rolloutQuestionSchema>;

/** An adapter to sample with from now on; it is in a folder of its name. */
export const adapterQuestionSchema = z.object({ type: z.literal("adapter"), name: z.string() });

export type AdapterQuestion = z.output<typeof adapterQuestionSchema>;

const responseSchema = z.object({
  /** Null where the server tells none. */
  ids: z.array(z.int()).nullable(),
  text: z.string(),
  /** Of each token that the server counts. */
  logprobs: z.array(z.number()),
  finish_reason: z.enum(FINISH_REASONS),
});

/** A response as the server tells of it; nothing of it is checked against the job's model. */
export type ServerResponse = z.output<typeof responseSchema>;

export const rolledOutSchema = z.object({
  type: z.literal("rolled_out"),
  responses: z.array(responseSchema),
  /** How many tokens the server read the prompt as; null where it does not say. */
  prompt_tokens: z.int().nullable(),
});

export type RolledOut = z.output<typeof rolledOutSchema>;

export const adapterLoadedSchema = z.object({ type: z.literal("adapter_loaded") });

export type AdapterLoaded = z.output<typeof adapterLoadedSchema>;

/** Whoever answers an engine that asks the server of its job. @throws what ends the command that asks */
export type AnswerRollouts = (
  question: RolloutQuestion | AdapterQuestion,
  signal: AbortSignal,
) => Promise<RolledOut | AdapterLoaded>;
