/** What a launcher leaves to others: it says what is to be started where, and somebody else starts that. */
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";

/** What is placed. */
export interface PlacedJob {
  replicas: number;
  /** That all of its processes see, and that no other attempt has. */
  folder: string;
  job: string;
  attempt: number;
}

export interface Placing {
  /** A line that the launcher printed and that is no message of the engine's. @returns whether it was meant for this */
  line(line: string): boolean;
  /** The launcher has ended: what was placed is ended too. Never throws. */
  ended(exit: { code: number }): Promise<void>;
}

/** There is no room for a job's processes now, or nobody who could say: later there may be. */
export class NotPlaced extends UserError {
  override name = "NotPlaced";

  constructor(detail: string, options?: ErrorOptions) {
    super("runtime_unavailable", detail, [], options);
  }
}

/** What may be told of the process in front. */
export interface PlacingTell {
  logger: Logger;
  /** All run: they have as long to be ready as any engine. */
  placed(): void;
  /** They cannot be started. */
  refused(error: UserError): void;
  /** One that ran is gone. */
  lost(detail: string): void;
}
