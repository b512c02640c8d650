/** A webhook receiver on loopback, for tests: keeps what it gets and answers as it is told. */

export interface Received {
  headers: Headers;
  path: string;
  text: string;
  // deno-lint-ignore no-explicit-any
  body: any;
}

export class Receiver {
  readonly received: Received[] = [];
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** @param answer Called after a request was kept; `count` is how many came so far, this one included. */
  constructor(
    answer: (count: number, request: Received) => Response | Promise<Response> = () => new Response(),
  ) {
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      const text = await request.text();
      const kept = {
        headers: request.headers,
        path: new URL(request.url).pathname,
        text,
        body: JSON.parse(text),
      };
      return await answer(this.received.push(kept), kept);
    });
    this.url = `http://127.0.0.1:${this.#server.addr.port}/hook`;
  }

  types(): string[] {
    return this.received.map(({ body }) => body.type.replace("training_job.", ""));
  }

  async close(): Promise<void> {
    await this.#server.shutdown();
  }
}

/** Runs `work` with a receiver, and closes it. */
export async function receiving(
  answer: ConstructorParameters<typeof Receiver>[0],
  work: (receiver: Receiver) => Promise<void>,
): Promise<void> {
  const receiver = new Receiver(answer);
  try {
    await work(receiver);
  } finally {
    await receiver.close();
  }
}
