/**
 * A reward that the API process works out: the engine, which reaches no network and runs no program, asks for it in
 * batches. What becomes of rows without a score is decided here.
 */
import type { RewardItem, RewardQuestion, Scored } from "../contract/reward_question.ts";
import { UserError } from "../errors.ts";
import type { PartScores, RewardPart } from "./reward_part.ts";
import type { Fault, RewardSample } from "./reward_source.ts";

/** Asks whoever gave the command; without a signal the command's own ends the wait. */
export type AskReward = (question: RewardQuestion, signal?: AbortSignal) => Promise<Scored>;

interface AskedConfig {
  /** Completions in a question, at most. */
  batch_size: number;
  /** Questions at a time. */
  concurrency: number;
  on_error: "fail" | number;
}

const nobody: AskReward = () =>
  Promise.reject(new UserError("reward_failed", "A reward of another program's needs a server that asks it"));

/**
 * @param type what errors call it
 * @param at where the reward is in the whole, as keys with dots between
 */
export function askedReward(
  type: string,
  at: string,
  { batch_size, concurrency, on_error }: AskedConfig,
  ask: AskReward = nobody,
): RewardPart {
  return {
    async score(samples, signal) {
      const over = new AbortController();
      const stop = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
      const collected = new Collected(type, samples.length, on_error);
      const begins = Array.from({ length: Math.ceil(samples.length / batch_size) }, (_, i) => i * batch_size);
      const worker = async () => {
        for (let begin = begins.shift(); begin !== undefined; begin = begins.shift()) {
          const items = samples.slice(begin, begin + batch_size).map(itemOf);
          collected.add(begin, items.length, await ask({ at, items }, stop));
        }
      };
      try {
        await Promise.all(Array.from({ length: Math.min(concurrency, begins.length) }, worker));
      } finally {
        over.abort();
      }
      return collected.result();
    },
  };
}

/** A sample in the words that services, modules and graders know. */
export function itemOf({ prompt, completion, prompt_idx, answer, item, metadata }: RewardSample): RewardItem {
  return {
    prompt,
    completion,
    prompt_idx,
    ...(answer !== undefined && { answer }),
    ...(item && { item }),
    ...(metadata && { metadata: { ...metadata } }),
  };
}

/** How many names a service may have for what else it says of rows. */
const MAX_TERMS = 16;

/** The answers to a batch's questions, put together. */
class Collected {
  readonly #type: string;
  readonly #rows: number;
  readonly #onError: "fail" | number;
  /** By their first row. */
  readonly #answers = new Map<number, Scored>();

  constructor(type: string, rows: number, onError: "fail" | number) {
    this.#type = type;
    this.#rows = rows;
    this.#onError = onError;
  }

  /** @throws {UserError} `reward_failed` for a row without a score, where that ends the job */
  add(begin: number, rows: number, answer: Scored): void {
    if (answer.scores.length !== rows) {
      throw new Error(`Expected ${rows} scores of a question, got ${answer.scores.length}`);
    }
    this.#answers.set(begin, answer);
    const [fault] = answer.faults;
    if (this.#onError !== "fail" || !fault) return;
    throw new UserError(
      "reward_failed",
      `The ${this.#type} reward has no score for completion ${
        begin + fault.row
      } of the batch: ${fault.message}`,
    );
  }

  /** In the order of the rows, whichever answer came first. */
  result(): PartScores {
    const scores = new Float32Array(this.#rows);
    const parts = new Map<string, Float32Array>();
    const faults: Fault[] = [];
    for (const [begin, answer] of [...this.#answers].sort(([a], [b]) => a - b)) {
      scores.set(answer.scores.map((score) => score ?? Number(this.#onError)), begin);
      faults.push(...answer.faults.map(({ row, message }) => ({ row: begin + row, message })));
      for (const [name, column] of Object.entries(answer.terms)) {
        if (!parts.has(name) && parts.size === MAX_TERMS) continue;
        // No number is another than 0.
        const whole = parts.get(name) ?? new Float32Array(this.#rows).fill(NaN);
        whole.set(column.map((value) => value ?? NaN), begin);
        parts.set(name, whole);
      }
    }
    const columns = [...parts].map(([name, scores]) => [name, { scores, seconds: null, faults: null }]);
    return { scores, faults, parts: Object.fromEntries(columns) };
  }
}
