/**
 * The server that samples a job's rollouts, as the API process asks it: OpenAI's completions with what vLLM and llama.cpp
 * add to them, and vLLM's loading of adapters. What a response says of the job's model, the engine checks.
 */
import { join } from "node:path/posix";
import { z } from "zod";
import { type ErrorCode, invalid } from "../errors.ts";
import type {
  AdapterQuestion,
  AnswerRollouts,
  RolledOut,
  RolloutQuestion,
  RolloutsConfig,
  ServerResponse,
} from "../contract/rollouts.ts";
import type { OutboundGuard } from "../outbound/outbound_guard.ts";
import { maskedText, patientPost, type Posted } from "./patient_post.ts";

export interface RolloutServerOptions {
  guard: OutboundGuard;
  /** The job's id; adapters are in its folder. */
  asker: string;
  /** ROLLOUT_ADAPTERS_DIR, absolute; null where there is none. */
  adapters: string | null;
  first_pause_ms?: number;
}

/** An answer may have so many bytes, and so many more for each token asked for. */
const ANSWER_BYTES = 256 * 1024;
const ANSWER_TOKEN_BYTES = 1024;
/** Loading an adapter says no more than that it was done. */
const ADAPTER_ANSWER_BYTES = 64 * 1024;
/** How long the end of an attempt waits for a server that may be gone. */
const CLOSE_MS = 5000;

const number = z.number();

/** A choice, as far as it is read: vLLM tells ids in `token_ids`, llama.cpp in its log-probabilities. */
const choiceSchema = z.object({
  index: z.int().min(0).optional(),
  text: z.string(),
  finish_reason: z.string().nullable(),
  token_ids: z.array(z.int()).nullish(),
  logprobs: z.union([
    z.object({ content: z.array(z.object({ id: z.int().optional(), logprob: number })) }),
    z.object({ token_logprobs: z.array(number.nullable()) }),
  ]).nullish(),
});

const completionSchema = z.object({
  choices: z.array(choiceSchema),
  usage: z.object({ prompt_tokens: z.int().min(0) }).nullish().catch(null),
});

type Choice = z.output<typeof choiceSchema>;

export class RolloutServer {
  readonly #config: RolloutsConfig;
  readonly #options: RolloutServerOptions;
  /** The adapter that the server has loaded for the job. */
  #loaded: string | null = null;

  /** @param config with its secrets */
  constructor(config: RolloutsConfig, options: RolloutServerOptions) {
    this.#config = config;
    this.#options = options;
  }

  readonly answer: AnswerRollouts = (question, signal) =>
    question.type === "rollouts" ? this.#sample(question, signal) : this.#load(question, signal);

  /** Has the server let go what was loaded for the job; it may be gone. */
  async close(): Promise<void> {
    if (this.#loaded === null) return;
    await this.#post("unload_lora_adapter", { lora_name: this.#loaded }, ADAPTER_ANSWER_BYTES, {
      ...{ signal: AbortSignal.timeout(CLOSE_MS), timeout_ms: CLOSE_MS, max_attempts: 1 },
    }).catch(() => {});
    this.#loaded = null;
  }

  /** Responses to one prompt. @throws {UserError} naming `rollouts.url` */
  async #sample(question: RolloutQuestion, signal: AbortSignal): Promise<RolledOut> {
    const { n, max_tokens } = question;
    const bytes = ANSWER_BYTES + ANSWER_TOKEN_BYTES * n * max_tokens;
    const posted = await this.#post("completions", requestOf(question, this.#config), bytes, { signal });
    const { data } = completionSchema.safeParse(parsed(this.#bodyOf(posted)));
    if (!data) throw fault("Expected a completion with choices from the server, got another answer");
    if (data.choices.length !== n) {
      throw fault(`Expected ${n} responses to a prompt (n), got ${data.choices.length}`);
    }
    const choices = data.choices.map((choice, at) => ({ choice, at: choice.index ?? at }))
      .sort((a, b) => a.at - b.at);
    return {
      type: "rolled_out",
      responses: choices.map(({ choice }) => responseOf(choice)),
      prompt_tokens: data.usage?.prompt_tokens ?? null,
    };
  }

  /** Loads an adapter, which no older one of the same name may stand for, and unloads the one before. */
  async #load({ name }: AdapterQuestion, signal: AbortSignal): Promise<{ type: "adapter_loaded" }> {
    const { adapters, asker } = this.#options;
    const root = this.#config.adapters_path ?? adapters;
    if (root === null) throw fault("The server that trains has no ROLLOUT_ADAPTERS_DIR");
    const request = { lora_name: name, lora_path: join(root, asker, name) };
    const load = () => this.#post("load_lora_adapter", request, ADAPTER_ANSWER_BYTES, { signal });
    let posted = await load();
    if ("message" in posted && posted.status === 400) {
      // Of an earlier attempt, whose weights may have been others.
      await this.#post("unload_lora_adapter", { lora_name: name }, ADAPTER_ANSWER_BYTES, { signal });
      posted = await load();
    }
    this.#bodyOf(posted);
    const before = this.#loaded;
    this.#loaded = name;
    if (before !== null && before !== name) {
      await this.#post("unload_lora_adapter", { lora_name: before }, ADAPTER_ANSWER_BYTES, { signal });
    }
    return { type: "adapter_loaded" };
  }

  #post(
    path: string,
    request: unknown,
    max_response_bytes: number,
    options: { signal: AbortSignal; max_attempts?: number; timeout_ms?: number },
  ): Promise<Posted> {
    const { url, headers, timeout_s, max_attempts } = this.#config;
    const { guard, first_pause_ms } = this.#options;
    return patientPost(guard, `${url.replace(/\/+$/, "")}/${path}`, {
      who: "The server",
      headers: () => ({
        "user-agent": "Proximal-Rollouts",
        "accept": "application/json",
        ...headers,
        "content-type": "application/json",
      }),
      body: JSON.stringify(request),
      ...{ timeout_ms: timeout_s * 1000, max_response_bytes, max_attempts, first_pause_ms },
      ...options,
    });
  }

  /** @throws {UserError} `rollouts_unreachable` where another try may help later, else `rollouts_failed` */
  #bodyOf(posted: Posted): string {
    if ("body" in posted) return posted.body;
    const tries = posted.tries > 1 ? ` (${posted.tries} tries)` : "";
    const message = maskedText(`${posted.message}${tries}`, Object.values(this.#config.headers));
    throw fault(message, posted.again ? "rollouts_unreachable" : "rollouts_failed");
  }
}

function fault(message: string, code: ErrorCode = "rollouts_failed"): Error {
  return invalid("rollouts.url", message, code);
}

/** Everything that a server may have a default of its own for is said. */
function requestOf(question: RolloutQuestion, { model, prompt_format }: RolloutsConfig): unknown {
  const { adapter, prompt, prompt_ids, n, max_tokens, temperature, seed, stop_token_ids } = question;
  return {
    model: adapter ?? model,
    prompt: prompt_format === "ids" ? prompt_ids : prompt,
    ...{ n, max_tokens, temperature, seed, logprobs: 1, stream: false },
    ...{ top_p: 1, presence_penalty: 0, frequency_penalty: 0 },
    // vLLM's and llama.cpp's own.
    ...{ top_k: -1, min_p: 0, repetition_penalty: 1, repeat_penalty: 1, stop_token_ids },
    ...{ return_token_ids: true, return_tokens: true, skip_special_tokens: true },
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw fault("The server's answer is not JSON");
  }
}

/** @throws {UserError} for a response without what it is measured by, or that ended otherwise than rollouts do */
function responseOf({ text, finish_reason, token_ids, logprobs }: Choice): ServerResponse {
  if (finish_reason !== "stop" && finish_reason !== "length") {
    throw fault(`Expected finish_reason stop or length, got ${JSON.stringify(finish_reason)?.slice(0, 100)}`);
  }
  if (!logprobs) throw fault("Expected logprobs with each response, got none: the gap is measured by them");
  if ("content" in logprobs) {
    const { content } = logprobs;
    const own = content.map(({ id }) => id);
    return {
      ids: token_ids ?? (own.every((id) => id !== undefined) ? own : null),
      ...{ text, finish_reason, logprobs: content.map(({ logprob }) => logprob) },
    };
  }
  const numbers = logprobs.token_logprobs;
  if (numbers.includes(null)) throw fault("Expected a log-probability of each token, got null");
  return { ids: token_ids ?? null, text, finish_reason, logprobs: numbers as number[] };
}
