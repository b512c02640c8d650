/**
 * What the commands of an engine process ask of the process that gave them. A question waits as long as its answer takes:
 * whoever answers has bounds for that.
 */
import type { Message } from "../contract/protocol.ts";
import type { Answer, AnswerOf, Question } from "../contract/engine_question.ts";
import { UserError } from "../errors.ts";
import { StepAbandoned } from "../step_abandoned.ts";

/** How long a question is waited for that is under way when its command is to pause; in ms. */
const PAUSE_GRACE_MS = 1000;

export class Questions {
  readonly #send: (message: Message) => void;
  readonly #pause_grace_ms: number;
  /** By command and number. */
  readonly #waiting = new Map<string, PromiseWithResolvers<Answer>>();
  #next = 1;

  /** @param send tells whoever gives the commands */
  constructor(send: (message: Message) => void, pause_grace_ms = PAUSE_GRACE_MS) {
    this.#send = send;
    this.#pause_grace_ms = pause_grace_ms;
  }

  /**
   * Asks for the command `id`.
   *
   * @param signal Ends the wait by its reason.
   * @param pause Ends it a little later.
   * @throws {UserError} what is answered instead
   * @throws {StepAbandoned} when `pause` was aborted
   */
  async ask<Q extends Question>(
    id: string,
    question: Q,
    { signal, pause }: { signal: AbortSignal; pause: AbortSignal },
  ): Promise<AnswerOf<Q>> {
    signal.throwIfAborted();
    const ask = this.#next++;
    const key = keyOf(id, ask);
    const waiting = Promise.withResolvers<Answer>();
    this.#waiting.set(key, waiting);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onAbort = () => waiting.reject(signal.reason);
    const onPause = () => timer = setTimeout(() => waiting.reject(new StepAbandoned()), this.#pause_grace_ms);
    signal.addEventListener("abort", onAbort, { once: true });
    pause.addEventListener("abort", onPause, { once: true });
    if (pause.aborted) onPause();
    this.#send({ id, type: "ask", ask, question });
    try {
      const answer = await waiting.promise;
      if (answer.type === "error") {
        const { code, detail, errors } = answer.error;
        throw new UserError(code, detail, errors);
      }
      return answer as AnswerOf<Q>;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      pause.removeEventListener("abort", onPause);
      this.#waiting.delete(key);
    }
  }

  /** Takes an answer; one to a question that nobody waits for any more is left. */
  answered(id: string, ask: number, answer: Answer): void {
    this.#waiting.get(keyOf(id, ask))?.resolve(answer);
  }
}

function keyOf(id: string, ask: number): string {
  return `${id} ${ask}`;
}
