/** Asks a server, with the key of the environment; what it refuses becomes an error with its own words. */
import { EventSourceParserStream } from "eventsource-parser/stream";

// deno-lint-ignore no-explicit-any -- answers of many kinds, read by the command that asked
export type Json = any;

/** What a server said no with. */
export class Refusal extends Error {
  override name = "Refusal";
  constructor(readonly status: number, readonly problem: Json) {
    super(problem.detail ?? `The server answered ${status}`);
  }
}

/** No server answered. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

/** What is sent with a request. */
export interface Sending {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** One event of a stream. */
export interface StreamEvent {
  id: string | undefined;
  event: string | undefined;
  data: string;
}

/** How long until a stream that broke off is asked for again. */
const RETRY_MS = 1000;

export class Client {
  /** @param url without a slash at the end */
  constructor(readonly url: string, readonly key: string | undefined) {}

  /** Sends a request. @throws Refusal, Unreachable */
  async send(method: string, path: string, { body, headers = {}, signal }: Sending = {}): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.url + path, {
        ...{ method, signal },
        headers: {
          ...(this.key && { authorization: `Bearer ${this.key}` }),
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw new Unreachable(
        `No server answers at ${this.url} (PROXIMAL_URL): ${(error as Error).message}`,
        { cause: error },
      );
    }
    if (response.ok) return response;
    const text = await response.text();
    throw new Refusal(
      response.status,
      parsed(text) ?? { detail: text.slice(0, 500), status: response.status },
    );
  }

  /** The JSON that a request is answered with. @throws Refusal, Unreachable */
  async call(method: string, path: string, sending?: Sending): Promise<Json> {
    const response = await this.send(method, path, sending);
    const text = await response.text();
    return text === "" ? null : JSON.parse(text);
  }

  /** All of a list, page by page. */
  async *pages(path: string, limit = 100): AsyncGenerator<Json> {
    for (let after: string | null = ""; after !== null;) {
      const separator = path.includes("?") ? "&" : "?";
      const page = await this.call(
        "GET",
        `${path}${separator}limit=${limit}${after && `&after=${encodeURIComponent(after)}`}`,
      );
      yield* page.data;
      after = page.has_more ? page.next_cursor : null;
    }
  }

  /** The events of one answer, until it ends. @throws Refusal, Unreachable */
  async *stream(method: string, path: string, sending: Sending): AsyncGenerator<StreamEvent> {
    const headers = { accept: "text/event-stream", ...sending.headers };
    const response = await this.send(method, path, { ...sending, headers });
    if (response.status === 204 || !response.body) return;
    const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(
      new EventSourceParserStream(),
    );
    for await (const { id, event, data } of events) yield { id, event, data };
  }

  /**
   * A job's events from its first on, until its last: a stream that breaks off is asked for again from there, for as
   * long as the server takes to come back.
   */
  async *jobEvents(job: string, signal: AbortSignal): AsyncGenerator<Json> {
    let last: string | undefined;
    for (;;) {
      try {
        const headers: Record<string, string> = last === undefined ? {} : { "last-event-id": last };
        for await (const event of this.stream("GET", jobPath(job, "/events"), { headers, signal })) {
          last = event.id ?? last;
          const told = JSON.parse(event.data);
          yield told;
          if (FINAL.includes(told.type)) return;
        }
        // Over by itself: the job has ended, or the server stops.
        if (await this.#isOver(job, signal)) return;
      } catch (error) {
        signal.throwIfAborted();
        // A job that cannot be asked for at all is told of; a server that is gone for a while is waited for.
        if (last === undefined || (error instanceof Refusal && error.status < 500)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      signal.throwIfAborted();
    }
  }

  async #isOver(job: string, signal: AbortSignal): Promise<boolean> {
    return OVER.includes((await this.call("GET", jobPath(job), { signal })).status);
  }
}

const OVER: readonly string[] = ["succeeded", "failed", "cancelled"];
const FINAL: readonly string[] = OVER.map((status) => `training_job.${status}`);

/** The path of a job, or of something of it. */
export function jobPath(id: string, rest = ""): string {
  return `/v1/training-jobs/${encodeURIComponent(id)}${rest}`;
}

function parsed(text: string): Json | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
