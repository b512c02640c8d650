/**
 * A libSQL server, spoken to by Hrana over HTTP: streams, each a connection there, and what its errors mean. It knows no
 * table. The client is loaded only where a server is used.
 */
import type { HttpClient, HttpStream, InStmt, InValue, Row } from "@libsql/hrana-client";
import { UserError } from "../errors.ts";
import { SqliteError } from "./sqlite_error.ts";
import type { Method, SqlValue } from "./sqlite_worker.ts";

/** How long a statement may take; more than any does unless the server hangs. */
const ANSWER_MS = 15_000;

/** SQLITE_CORRUPT */
const CORRUPT = 11;

export interface ServerAddress {
  /** http or https, without a path. */
  url: string;
  token?: string;
}

/** The server cannot be reached, or has let go of a transaction that was not committed. Trying again may help. */
export class ServerAway extends UserError {
  override name = "ServerAway";

  constructor(detail: string, options?: ErrorOptions) {
    super("runtime_unavailable", detail, [], options);
  }
}

/** The server does not take the token: to whoever waits for it as good as away. */
export class ServerDenies extends ServerAway {
  override name = "ServerDenies";
}

/** Whether the server was away. */
export function isAway(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof ServerAway) return true;
  }
  return false;
}

/** Codes of what is over and can be done again from its beginning. */
const OVER: ReadonlySet<string> = new Set([
  "TRANSACTION_TIMEOUT",
  "TRANSACTION_BUSY",
  "STREAM_EXPIRED",
  "HRANA_CLOSED",
]);

/** What an error of the client means. */
function faultOf(thrown: unknown): unknown {
  const { name, code, status, message } = thrown as Error & { code?: string; status?: number };
  if (name === "ClosedError" && thrown instanceof Error && thrown.cause !== undefined) {
    return faultOf(thrown.cause);
  }
  // A number that is too large for JavaScript is none that this program has written.
  if (thrown instanceof RangeError) return new SqliteError(message, CORRUPT);
  if (status === 401 || status === 403 || code?.startsWith("AUTH_")) {
    return new ServerDenies("The database server does not take DATABASE_AUTH_TOKEN", { cause: thrown });
  }
  if (code?.startsWith("SQLITE_") || code?.startsWith("SQL_")) return new SqliteError(message, code);
  if (name === "ResponseError" && code !== undefined && !OVER.has(code)) {
    return new SqliteError(message, null);
  }
  const detail = code !== undefined && OVER.has(code)
    ? "The database server has ended a transaction that took too long: try again"
    : "The database server does not answer: try again later";
  return new ServerAway(detail, { cause: thrown });
}

/** As the protocol has it: whole numbers as such, and infinite ones, which it has not, as text that SQLite reads as them. */
function argument(value: SqlValue): InValue {
  if (typeof value !== "number") return value;
  if (Number.isSafeInteger(value)) return BigInt(value);
  return Number.isFinite(value) ? value : value > 0 ? "9e999" : value < 0 ? "-9e999" : null;
}

/** A connection on the server. What it holds there is given up when it is closed, or not used for some seconds. */
export class ServerStream {
  readonly #stream: HttpStream;

  constructor(stream: HttpStream) {
    this.#stream = stream;
  }

  /** @throws SqliteError, ServerAway, ServerDenies */
  async query(sql: string, params: readonly SqlValue[], method: Method): Promise<unknown[] | undefined> {
    try {
      const statement: InStmt = [sql, params.map(argument)];
      if (method === "run") return void await this.#stream.run(statement);
      const { rows } = await this.#stream.query(statement);
      const values = rows.map((row: Row) => Array.from(row as ArrayLike<unknown>));
      return method === "get" ? values[0] as unknown[] | undefined : values;
    } catch (thrown) {
      throw faultOf(thrown);
    }
  }

  /** The only statement of a stream: one request. */
  async only(sql: string, params: readonly SqlValue[], method: Method): Promise<unknown[] | undefined> {
    const answer = this.query(sql, params, method);
    this.#stream.closeGracefully();
    return await answer;
  }

  /** Runs the stream's last statements in one request, each if the one before it went well. @throws as `query` */
  async end(statements: readonly (readonly [sql: string, params: readonly SqlValue[]])[]): Promise<void> {
    const batch = this.#stream.batch();
    const { BatchCond } = await hrana();
    let before: ReturnType<typeof batch.step> | undefined;
    const answers = statements.map(([sql, params]) => {
      const step = batch.step();
      if (before) step.condition(BatchCond.ok(before));
      before = step;
      return step.run([sql, params.map(argument)]);
    });
    const all = Promise.all(answers);
    all.catch(() => {});
    try {
      const executed = batch.execute();
      this.#stream.closeGracefully();
      await executed;
      await all;
    } catch (thrown) {
      throw faultOf(thrown);
    }
  }

  close(): void {
    this.#stream.close();
  }
}

const hrana = () => import("@libsql/hrana-client");

export class LibsqlServer {
  readonly #address: ServerAddress;
  readonly #open: (address: ServerAddress) => HttpClient;
  #client: HttpClient | null = null;

  private constructor(address: ServerAddress, open: (address: ServerAddress) => HttpClient) {
    this.#address = address;
    this.#open = open;
  }

  /** Asks nothing of the server yet. */
  static async at(address: ServerAddress): Promise<LibsqlServer> {
    const { openHttp } = await hrana();
    const bounded = (request: Request) => fetch(request, { signal: AbortSignal.timeout(ANSWER_MS) });
    return new LibsqlServer(address, ({ url, token }) => {
      const client = openHttp(url, token, bounded as typeof fetch, undefined, 3);
      client.intMode = "number";
      return client;
    });
  }

  stream(): ServerStream {
    // One that did not reach the server at first never does.
    if (this.#client?.closed) this.#client = null;
    return new ServerStream((this.#client ??= this.#open(this.#address)).openStream());
  }

  close(): void {
    this.#client?.close();
  }
}
