/**
 * The processes of one job that a launcher has started together. Rank 0 alone has the API process on its stdin and stdout:
 * it is an engine as any other, and tells the others what to train. They do nothing else.
 */
import type { TrainRequest } from "../contract/protocol.ts";
import { trainJob } from "../kinds/train_job.ts";
import type { Logger } from "../log.ts";
import type { Mpi } from "../mpi/mpi.ts";
import { isToldToAll } from "../replicas/together.ts";
import type { EngineParts } from "./engine_parts.ts";

/** What a process leaves with whose others are to be ended by the launcher. */
const LOST_EXIT_CODE = 71;

export class Ranks {
  readonly replicas: Mpi;
  /** Whether the others may be anywhere in a training that this process has left. */
  #lost = false;

  constructor(replicas: Mpi) {
    this.replicas = replicas;
  }

  /** Runs rank 0's part of a training, which all others begin as well. */
  async *lead<Event, Result>(
    request: TrainRequest,
    train: () => AsyncGenerator<Event, Result>,
  ): AsyncGenerator<Event, Result> {
    await this.replicas.gather([request]);
    try {
      return yield* train();
    } catch (thrown) {
      this.#lost = true;
      throw thrown;
    }
  }

  /** Ends rank 0, and all others with it. */
  async leave(): Promise<void> {
    // The others are in a sum or a bringing together that this process will not come to.
    if (this.#lost) return this.replicas.abort(LOST_EXIT_CODE);
    await this.replicas.gather([null]);
    await this.replicas.finalize();
  }

  /** What every other rank does until rank 0 leaves. */
  async follow(parts: EngineParts, logger: Logger): Promise<void> {
    for (;;) {
      const [request] = await this.replicas.gather<TrainRequest | null>([]);
      if (!request) break;
      try {
        const runtime = parts.runtime(request.job.device ?? undefined);
        for await (const _ of trainJob(runtime, request, { replicas: this.replicas }));
      } catch (thrown) {
        const stack = thrown instanceof Error ? thrown.stack : String(thrown);
        logger.error("Training ended", { stack });
        // What all know of, rank 0 tells of, and ends them. Of anything else nobody else would ever hear.
        if (!isToldToAll(thrown)) Deno.exit(LOST_EXIT_CODE);
      }
    }
    await this.replicas.finalize();
  }
}
