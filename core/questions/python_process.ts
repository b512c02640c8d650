/** A Python grader in a closed process: it is asked for one row at a time, so that one that never ends costs only its own. */
import { cutText } from "../cut_text.ts";
import { type GradedRow } from "../graders/graded_row.ts";
import { failed, type RowGrade } from "../graders/row_grade.ts";
import type { Logger } from "../log.ts";
import { ClosedProcess, Ended } from "./closed_process.ts";

/** What an answer may have. */
const ANSWER_BYTES = 64 * 1024;
/** Pyodide takes seconds of a core, and more where others want it. */
const START_MS = 240_000;
/** For a source to be read. */
const READ_MS = 30_000;
/** Of a process in which Pyodide is loaded. */
const OWN = { own_resident_mb: 256, own_mapped_mb: 1024 };

export interface PythonLimits {
  /** For one row. */
  timeout_ms: number;
  memory_mb: number;
}

export interface PythonProgram {
  /** The harness's file. */
  harness: string;
  /** Pyodide's folder. */
  pyodide: string;
}

export class PythonProcess {
  readonly #process: ClosedProcess;
  readonly #limits: PythonLimits;

  /** Whether it has run nothing of any source, and so may be another's. */
  fresh = true;

  constructor({ harness, pyodide }: PythonProgram, limits: PythonLimits, logger: Logger) {
    const { memory_mb } = limits;
    this.#process = new ClosedProcess({
      ...{ who: "The grader", entry: harness, args: [pyodide], read: [pyodide] },
      ...{ memory_mb, ...OWN },
    }, logger);
    this.#limits = limits;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Whether it gives nothing more. */
  get ended(): boolean {
    return this.#process.ended;
  }

  /** Waits until Pyodide is loaded. @throws {Ended} */
  async loaded(signal: AbortSignal): Promise<void> {
    const { loaded } = await this.#process.exchange(null, {
      timeout_ms: START_MS,
      max_bytes: ANSWER_BYTES,
      signal,
    });
    if (loaded !== true) throw new Ended("crashed", this.#process.spoiled);
  }

  /**
   * Has a source read; nothing of it is run.
   *
   * @returns what is wrong with it; null where nothing is
   * @throws {Ended}
   */
  async read(source: string, signal: AbortSignal): Promise<string | null> {
    const { ready, fault } = await this.#process.exchange({ source }, {
      ...{ timeout_ms: READ_MS, max_bytes: ANSWER_BYTES, signal },
    });
    if (ready === true) return null;
    return typeof fault === "string" ? cutText(fault, 500) : this.#process.spoiled;
  }

  /** @throws the signal's reason once it is aborted; the process has ended then */
  async grade({ sample, item }: GradedRow, signal: AbortSignal): Promise<RowGrade> {
    this.fresh = false;
    try {
      const { timeout_ms } = this.#limits;
      const said = await this.#process.exchange({ sample, item }, {
        ...{ timeout_ms, max_bytes: ANSWER_BYTES, signal },
      });
      if (typeof said.thrown === "string") {
        return failed("python_grader_runtime_error", cutText(said.thrown, 2000));
      }
      const { score } = said;
      if (typeof score === "number" && Math.abs(score) <= MAX_SCORE) return { score, fault: null };
      return failed("python_grader_runtime_error", "Expected a number within float32's range of grade()");
    } catch (thrown) {
      if (thrown instanceof Ended) return notRun(thrown);
      throw thrown;
    }
  }

  /** Ends it at once. */
  end(): Promise<void> {
    return this.#process.end();
  }
}

/** The largest float32. */
const MAX_SCORE = 3.4028234e38;

/** The grade of a row that no process could be had for, or whose process came to its end. */
export function notRun({ kind, message }: Ended): RowGrade {
  return failed("python_grader_server_error", message, kind);
}
