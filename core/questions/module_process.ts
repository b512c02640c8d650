/** A user's module in a closed process: it is asked for the scores of a batch at a time. */
import { allFailed, type RewardItem, type Scored } from "../contract/reward_question.ts";
import { cutText } from "../cut_text.ts";
import type { Logger } from "../log.ts";
import { ClosedProcess, Ended } from "./closed_process.ts";
import { BadScores, readScores } from "./read_scores.ts";

/** What an answer may have, and more for each item. */
const ANSWER_BYTES = 64 * 1024;
const ANSWER_ITEM_BYTES = 4 * 1024;
/** A process that has not begun to answer by then never will. */
const START_MS = 60_000;
/** Of a process of Deno before it has read a module. */
const OWN = { own_resident_mb: 64, own_mapped_mb: 640 };

export interface ModuleLimits {
  timeout_ms: number;
  memory_mb: number;
  /** How long it may take to start. */
  start_ms?: number;
}

export class ModuleProcess {
  readonly #process: ClosedProcess;
  readonly #limits: ModuleLimits;

  /** @param entry the file that is run */
  constructor(entry: string, limits: ModuleLimits, logger: Logger) {
    const { memory_mb } = limits;
    this.#process = new ClosedProcess({ who: "The module", entry, memory_mb, ...OWN }, logger);
    this.#limits = limits;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Whether it gives nothing more. */
  get ended(): boolean {
    return this.#process.ended;
  }

  /** Waits until the module is loaded. @returns why it cannot be; null when it is */
  async ready(signal: AbortSignal): Promise<string | null> {
    try {
      const { ready, fault } = await this.#exchange(null, 0, this.#limits.start_ms ?? START_MS, signal);
      if (ready === true) return null;
      await this.end();
      return typeof fault === "string" ? cutText(fault, 500) : this.#process.spoiled;
    } catch (thrown) {
      if (!(thrown instanceof Ended)) throw thrown;
      return thrown.message;
    }
  }

  /** @throws the signal's reason once it is aborted; the process has ended then */
  async answer(items: readonly RewardItem[], signal: AbortSignal): Promise<Scored> {
    const rows = items.length;
    try {
      const said = await this.#exchange(items, rows, this.#limits.timeout_ms, signal);
      if (typeof said.thrown === "string") {
        return allFailed(rows, `The module threw ${cutText(said.thrown, 500)}`);
      }
      return scoresOf(said.given, rows);
    } catch (thrown) {
      if (thrown instanceof BadScores) return allFailed(rows, thrown.message);
      if (!(thrown instanceof Ended)) throw thrown;
      return allFailed(rows, thrown.message);
    }
  }

  /** Ends it at once. */
  end(): Promise<void> {
    return this.#process.end();
  }

  #exchange(message: unknown, rows: number, timeout_ms: number, signal: AbortSignal) {
    return this.#process.exchange(message, {
      ...{ timeout_ms, signal },
      max_bytes: ANSWER_BYTES + ANSWER_ITEM_BYTES * rows,
    });
  }
}

/** What a module gave for a batch, as scores; an entry that was thrown is its row's fault. */
function scoresOf(given: unknown, rows: number): Scored {
  const thrown = new Map<number, string>();
  if (Array.isArray(given)) {
    for (const [row, entry] of given.slice(0, rows).entries()) {
      const message = (entry as { $thrown?: unknown } | null)?.$thrown;
      if (typeof message === "string") thrown.set(row, `The module threw ${cutText(message, 500)}`);
    }
  }
  const scored = readScores(given, rows);
  return {
    ...scored,
    faults: scored.faults.map(({ row, message }) => ({ row, message: thrown.get(row) ?? message })),
  };
}
