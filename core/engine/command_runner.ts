/**
 * Runs commands and answers them. They begin in order; generations and checks run beside each other, what else needs the
 * runtime runs by itself, as it would share the processor anyway. `cancel`, `pause`, `answer` and `trim` act at once.
 */
import { errorRecord, saysMore, UserError } from "../errors.ts";
import { invalidValue } from "../field_errors.ts";
import type { Logger } from "../log.ts";
import type { Question } from "../contract/engine_question.ts";
import { type Command, commandSchema, type Message, type Result } from "../contract/protocol.ts";
import { traced } from "../tracing.ts";
import { TextWork } from "../serve/text_work.ts";
import { type CommandContext, COMMANDS, TOGETHER, type Work } from "./commands.ts";
import type { EngineParts } from "./engine_parts.ts";
import { Questions } from "./questions.ts";
import { ReadersWriterQueue } from "./readers_writer_queue.ts";
import { stepSpans } from "./step_spans.ts";
import { Turn } from "./turn.ts";

/** What stops a command: at once, or after the step that a train command is in. */
interface Stops {
  cancel: AbortController;
  pause: AbortController;
}

const CANCELLED = new UserError("cancelled", "The command was cancelled");

export class CommandRunner {
  readonly #parts: EngineParts;
  readonly #send: (message: Message) => void;
  readonly #logger: Logger;
  readonly #questions: Questions;
  readonly #queue = new ReadersWriterQueue();
  readonly #running = new Map<string, Stops>();
  /** Those of the running that have not begun. */
  readonly #waiting = new Set<string>();
  readonly #atOnce: {
    [Type in Exclude<Command, Work>["type"]]: (command: Extract<Command, { type: Type }>) => void;
  } = {
    cancel: ({ target }) => this.#cancel(target),
    pause: ({ target }) => this.#running.get(target)?.pause.abort(),
    answer: ({ target, ask, answer }) => this.#questions.answered(target, ask, answer),
    trim: ({ id }) => {
      this.#parts.trim();
      this.#send({ id, type: "result", result: null });
    },
  };

  /** @param send tells whoever gives the commands */
  constructor(parts: EngineParts, send: (message: Message) => void, logger: Logger) {
    this.#parts = parts;
    this.#send = send;
    this.#questions = new Questions(send);
    this.#logger = logger;
  }

  /** Takes on what should be a command. It is answered by messages, whatever becomes of it. */
  accept(value: { id: string }): void {
    const { data: command, error } = commandSchema.safeParse(value);
    if (error) return this.#send({ id: value.id, type: "error", error: errorRecord(invalidValue(error)) });
    if (Object.hasOwn(this.#atOnce, command.type)) {
      const act = this.#atOnce[command.type as Exclude<Command, Work>["type"]] as (command: Command) => void;
      return act(command);
    }
    const work = command as Work;
    const stops = { cancel: new AbortController(), pause: new AbortController() };
    this.#running.set(work.id, stops);
    this.#waiting.add(work.id);
    if (TOGETHER.has(work.type)) return this.#queue.together(() => this.#run(work, stops, null));
    const turn = new Turn(this.#queue);
    turn.begin().then(() => this.#run(work, stops, turn)).finally(() => turn.end());
  }

  /** Stops all commands, and resolves once they are answered. */
  async stop(): Promise<void> {
    const reason = new UserError("cancelled", "The engine is stopping");
    for (const { cancel } of this.#running.values()) cancel.abort(reason);
    await this.#queue.idle();
  }

  #cancel(id: string): void {
    this.#running.get(id)?.cancel.abort(CANCELLED);
    if (!this.#waiting.delete(id)) return;
    this.#running.delete(id);
    this.#send({ id, type: "error", error: errorRecord(CANCELLED) });
  }

  async #run(command: Work, { cancel, pause }: Stops, turn: Turn | null): Promise<void> {
    const { id, type } = command;
    if (!this.#waiting.delete(id)) return; // cancelled, and answered
    try {
      cancel.signal.throwIfAborted();
      const handler = COMMANDS[type] as (command: Work, context: CommandContext) => Promise<Result>;
      const result = await traced(type, {}, command.traceparent, (traceparent) => {
        const trace = stepSpans(traceparent);
        return handler(command, {
          parts: this.#parts,
          signal: cancel.signal,
          pause: pause.signal,
          emit: (event) => {
            this.#send({ id, type: "event", event });
            trace(event);
          },
          ask: <Q extends Question>(question: Q, signal = cancel.signal) => {
            const wait = () => this.#questions.ask(id, question, { signal, pause: pause.signal });
            return turn ? turn.leave(wait) : wait();
          },
          logger: this.#logger,
          text: new TextWork((work) => this.#send({ id, type: "text", work }), cancel.signal),
        });
      });
      this.#send({ id, type: "result", result });
    } catch (thrown) {
      const error = errorRecord(thrown);
      if (saysMore(thrown, error)) {
        const stack = thrown instanceof Error ? thrown.stack : thrown;
        this.#logger.error("Command failed", { command: type, stack });
      }
      this.#send({ id, type: "error", error });
    } finally {
      this.#running.delete(id);
    }
  }
}
