/**
 * The app on a port, by node's HTTP server: it closes connections whose requests never end, and says when a client has
 * gone. What cannot be read as HTTP is answered here; all else is the app's.
 */
import { getRequestListener } from "@hono/node-server";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type ErrorCode, UserError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { problem } from "./problem.ts";

export interface ListenOptions {
  /** Name or address. */
  hostname: string;
  /** 0 takes a free one. */
  port: number;
  logger: Logger;
  /** How long a request's head may take to arrive, and a connection may wait for its first. */
  head_ms?: number;
  /** How long a request may take to arrive as a whole. */
  request_ms?: number;
  /** How long a connection may wait for another request. */
  idle_ms?: number;
}

export interface Listening {
  hostname: string;
  port: number;
  /** Takes in nothing more; resolves when the answers in progress are out. */
  shutdown(): Promise<void>;
}

/** What is known of a request beside it. */
export interface Connection {
  /** Of the client, or of the proxy before it. */
  address: string;
  /** Bytes that came for this request so far, with its head and what frames its body. */
  received(): number;
  /** Lets the request take as long as it likes to arrive: whoever reads its body has bounds of their own. */
  unhurried(): void;
}

/** What may have been read of a request when its head is known, at most. */
const READ_BYTES = 64 * 1024;

export type Answer = (request: Request, connection: Connection) => Response | Promise<Response>;

const HEAD_MS = 15_000;
const REQUEST_MS = 60_000;
/** Longer than most proxies and clients keep a connection, so that they and not we end it. */
const IDLE_MS = 75_000;
/** How exactly the times above are kept. */
const CHECK_MS = 1000;

/** How often a server that hears of no connection asks itself whether it would, and how long it then waits. */
const PROBE_MS = 2000;
const PROBE_WAIT_MS = 1000;
/** A timer that fires later than this says that the process had no turn, and then nothing is known. */
const LATE_MS = 200;
/** How many times in a row nothing is heard before the server listens again. */
const MAX_UNHEARD = 2;

/** What Node calls a head that does not come in time, and what is said here of a body. */
const LATE = "ERR_HTTP_REQUEST_TIMEOUT";

/** Faults of a request that the parser has a name for. */
const FAULTS: Record<string, [ErrorCode, string]> = {
  [LATE]: ["request_timeout", "The request did not arrive as a whole in time"],
  HPE_HEADER_OVERFLOW: ["head_too_large", "The request's head is larger than 16 KiB"],
};
const NOT_HTTP: [ErrorCode, string] = ["malformed_request", "What was sent is not HTTP/1.1"];

/** A problem as the bytes of an answer after which the connection ends. */
async function lastWords(code: ErrorCode, detail: string): Promise<string> {
  const answer = problem(code, detail);
  const body = await answer.text();
  const headers = {
    ...Object.fromEntries(answer.headers),
    "content-length": new TextEncoder().encode(body).length,
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${lines}\r\n${body}`;
}

/** What the system says of a place that cannot be listened on, and what that means for somebody who chose it. */
const REASONS: Record<string, string> = {
  EADDRINUSE: "another program listens there: stop it, or set another PORT (0 takes any free one)",
  EACCES: "this user may not take that port: set PORT to 1024 or above",
  EADDRNOTAVAIL: "this machine has no such address: set HOST to one of its own",
  ENOTFOUND: "no such name is known: set HOST to an address of this machine",
  EAI_AGAIN: "no such name is known: set HOST to an address of this machine",
  EINVAL: "that is no address to listen on: set HOST to an address of this machine",
};

function cannotListen({ hostname, port }: ListenOptions, error: NodeJS.ErrnoException): UserError {
  const reason = REASONS[error.code ?? ""] ?? error.message;
  const detail = `Cannot listen on HOST '${hostname}', PORT ${port}: ${reason}`;
  return new UserError("runtime_unavailable", detail, [], { cause: error });
}

/** Whether the server takes in a connection, or may. */
async function takesIn(server: Server, { address, port, family }: AddressInfo): Promise<boolean> {
  const everywhere = address === "0.0.0.0" || address === "::";
  const hostname = everywhere ? (family === "IPv6" ? "::1" : "127.0.0.1") : address;
  const heard = Promise.withResolvers<boolean>();
  const hear = () => heard.resolve(true);
  server.once("connection", hear);
  const asked = performance.now();
  const timer = setTimeout(
    () => heard.resolve(performance.now() - asked > PROBE_WAIT_MS + LATE_MS),
    PROBE_WAIT_MS,
  );
  // Where no connection can be made, for want of a file, none will be taken in.
  Deno.connect({ hostname, port }).then((probe) => heard.promise.then(() => probe.close()))
    .catch(() => heard.resolve(false));
  const result = await heard.promise;
  clearTimeout(timer);
  server.off("connection", hear);
  return result;
}

/**
 * Answers at `hostname:port` until it is shut down. Deno stops taking in connections for good, and says nothing, once the
 * system has had no file left for another; a process that lives and cannot be reached helps nobody, so this notices and
 * listens again.
 *
 * @throws UserError naming HOST and PORT when it cannot listen there
 */
export async function listen(answer: Answer, options: ListenOptions): Promise<Listening> {
  const { hostname, logger, head_ms = HEAD_MS, request_ms = REQUEST_MS, idle_ms = IDLE_MS } = options;
  const answers = new WeakMap<Duplex, ServerResponse>();
  /** Sockets whose requests have all the time that they need. */
  const unhurried = new WeakSet<Duplex>();
  /** Bytes that the requests before took. */
  const past = new WeakMap<Socket, number>();
  const listener = getRequestListener((request, { incoming, outgoing }) => {
    const { socket } = incoming as IncomingMessage;
    // The rest of a body that nobody read comes after its answer.
    const before = Math.max(past.get(socket) ?? 0, socket.bytesRead - READ_BYTES);
    outgoing.once("finish", () => {
      past.set(socket, socket.bytesRead);
      unhurried.delete(socket);
    });
    return answer(request, {
      address: socket.remoteAddress ?? "",
      received: () => socket.bytesRead - before,
      unhurried: () => unhurried.add(socket),
    });
  }, {
    overrideGlobalObjects: false,
    // A request of HTTP/1.0 may name no host.
    hostname: "localhost",
    errorHandler: () => problem("malformed_request", "Host or path of the request make no URL"),
  });

  /** Ends a connection whose request's body has not come in time. */
  const hurry = (server: Server, incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { socket, headers } = incoming;
    if (headers["transfer-encoding"] === undefined && headers["content-length"] === undefined) return;
    const timer = setTimeout(() => {
      if (incoming.complete || socket.destroyed || unhurried.has(socket)) return;
      if (outgoing.writableFinished) socket.destroy();
      else server.emit("clientError", Object.assign(new Error(), { code: LATE }), socket);
    }, request_ms);
    const settle = () => (incoming.complete || socket.destroyed) && clearTimeout(timer);
    incoming.once("end", settle);
    outgoing.once("close", settle);
  };

  const open = async (port: number): Promise<Server> => {
    const server = createServer({
      headersTimeout: head_ms,
      requestTimeout: 0, // `hurry` knows which may take longer
      keepAliveTimeout: idle_ms,
      connectionsCheckingInterval: Math.min(CHECK_MS, head_ms),
    }, (incoming: IncomingMessage, outgoing: ServerResponse) => {
      answers.set(incoming.socket, outgoing);
      hurry(server, incoming, outgoing);
      return listener(incoming, outgoing);
    });
    server.on("clientError", async (error: NodeJS.ErrnoException, socket: Duplex) => {
      const [code, detail] = FAULTS[error.code ?? ""] ?? NOT_HTTP;
      const begun = answers.get(socket)?.headersSent && !answers.get(socket)?.writableFinished;
      if (error.code === "ECONNRESET" || begun || !socket.writable) return void socket.destroy();
      logger.info("request", { code, detail });
      socket.end(await lastWords(code, detail), () => socket.destroy());
    });
    const ready = Promise.withResolvers<void>();
    server.once("error", ready.reject);
    server.listen(port, hostname, ready.resolve);
    await ready.promise;
    server.off("error", ready.reject);
    server.on("error", (error) => logger.error("The server's port failed", { error: String(error) }));
    return server;
  };

  let server = await open(options.port).catch((error) => {
    throw cannotListen(options, error);
  });
  const address = server.address() as AddressInfo;
  let stopping = false;
  let heard = true;
  let unheard = 0;
  const hear = () => heard = true;
  server.on("connection", hear);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = async () => {
    try {
      unheard = heard || await takesIn(server, address) ? 0 : unheard + 1;
      if (unheard >= MAX_UNHEARD && !stopping) {
        unheard = 0;
        logger.error("Cannot take in connections: listening again");
        server.close();
        server = await open(address.port);
        server.on("connection", hear);
      }
    } catch (error) {
      logger.error("Cannot listen", { error: String(error) });
    }
    heard = false;
    if (!stopping) timer = setTimeout(watch, PROBE_MS);
  };
  timer = setTimeout(watch, PROBE_MS);

  return {
    hostname: address.address,
    port: address.port,
    async shutdown() {
      stopping = true;
      clearTimeout(timer);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
