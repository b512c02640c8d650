/**
 * API keys of the server whose data is in DATA_DIR: `deno task keys create | list | revoke`. Writes to the database itself,
 * beside the server if it runs, which reads its keys every second.
 */
import { parseArgs } from "node:util";
import { KEY_SCOPES } from "../core/db/schema.ts";
import { type Database, openBesideServer } from "../core/db/open_database.ts";
import { openAt } from "../core/db/open_server_database.ts";
import type { ApiKeyRow } from "../core/db/schema.ts";
import { UserError } from "../core/errors.ts";
import { createKey, type KeyScope, listKeys, revokeKey } from "../core/keys/stored_keys.ts";
import { readSettings } from "../core/settings/settings.ts";

const HELP = `usage: deno task keys <command>

  create --name <name> [--scope read|write|admin] [--expires 90d | 2030-01-31 | 2030-01-31T12:00:00Z]
      Makes a key and prints it. It is stored nowhere: keep it. Without --scope it may write, without --expires
      it holds until it is revoked.
  list
      Lists all keys by their first characters, the newest first.
  revoke <id, first characters, or the key>
      Ends a key within a second or two, for streams that are open too.

DATA_DIR or DATABASE_URL names the server's data, as it does for the server (./data).
`;

const DAY_MS = 86_400_000;

/** When a key ends: in so many days, at the end of a day (UTC), or at a time. */
function expiry(text: string | undefined, now: Date): Date | null {
  if (text === undefined) return null;
  const [, days] = /^([1-9]\d{0,4})d$/.exec(text) ?? [];
  if (days !== undefined) return new Date(now.getTime() + Number(days) * DAY_MS);
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const time = new Date(isDay ? `${text}T23:59:59.999Z` : text);
  // A day that a month does not have would be one of the next.
  const isThere = !Number.isNaN(time.getTime()) && (!isDay || time.toISOString().startsWith(text));
  if ((isDay || isTime) && isThere) return time;
  throw new UserError(
    "invalid_request",
    `Expected --expires as 90d, 2030-01-31 or 2030-01-31T12:00:00Z, got '${text}'`,
  );
}

function scopeOf(text: string): KeyScope {
  const scope = KEY_SCOPES.find((one) => one === text);
  if (scope) return scope;
  throw new UserError(
    "invalid_request",
    `Expected --scope as one of ${KEY_SCOPES.join(", ")}, got '${text}'`,
  );
}

const minute = (time: Date | null) => time === null ? "never" : time.toISOString().slice(0, 16) + "Z";

function stateOf({ revoked_at, expires_at }: ApiKeyRow, now: Date): string {
  if (revoked_at !== null) return `revoked ${minute(revoked_at)}`;
  if (expires_at === null) return "holds";
  return `${expires_at > now ? "until" : "ended"} ${minute(expires_at)}`;
}

/** Columns as wide as their longest cell. */
function table(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at]!)).join("  ").trimEnd() + "\n").join(
    "",
  );
}

/** The database of the server that the environment tells of, beside it. @param create whether it may be new */
function open(create: boolean): Promise<Database> {
  const names = ["DATA_DIR", "DATABASE_URL", "DATABASE_AUTH_TOKEN"];
  const { DATA_DIR, DATABASE_URL: url, DATABASE_AUTH_TOKEN: token } = readSettings(
    Object.fromEntries(names.map((name) => [name, Deno.env.get(name) ?? ""])),
  );
  return url === undefined ? openBesideServer(DATA_DIR, { create }) : openAt({ url, token });
}

/** Prints a result; notes for people go to stderr. */
async function run(args: readonly string[]): Promise<string> {
  const options = {
    name: { type: "string" },
    scope: { type: "string" },
    expires: { type: "string" },
  } as const;
  const { values, positionals: [command, named, ...more] } = parse(args, options);
  if (command === undefined || command === "help") return HELP;
  const onlyFor = (wanted: boolean, what: string) => {
    if (!wanted) {
      throw new UserError("invalid_request", `'keys ${command}' takes no ${what}: see 'deno task keys'`);
    }
  };
  onlyFor(command === "create" || Object.keys(values).length === 0, "options");
  onlyFor(more.length === 0 && (command === "revoke" || named === undefined), "further argument");
  const now = new Date();
  switch (command) {
    case "create": {
      if (values.name === undefined) {
        throw new UserError("invalid_request", "Expected --name: what the key is for");
      }
      const key = {
        ...{ name: values.name, scope: scopeOf(values.scope ?? "write") },
        expires_at: expiry(values.expires, now),
      };
      await using stack = new AsyncDisposableStack();
      const db = stack.adopt(await open(true), (db) => db.close());
      const { text, row } = await createKey(db, key, now);
      console.error(
        `${row.id} '${row.name}' may ${row.scope}, ${
          stateOf(row, now)
        }. This is the only time the key is shown:`,
      );
      return `${text}\n`;
    }
    case "list": {
      await using stack = new AsyncDisposableStack();
      const db = stack.adopt(await open(false), (db) => db.close());
      const rows = (await listKeys(db)).map((row) => [
        ...[row.id, `${row.start}…`, row.scope, stateOf(row, now)],
        ...[minute(row.created_at), minute(row.last_used_at), row.name],
      ]);
      return table([["ID", "KEY", "SCOPE", "STATE", "CREATED", "LAST USED", "NAME"], ...rows]);
    }
    case "revoke": {
      if (named === undefined) {
        throw new UserError("invalid_request", "Expected the id of a key, or its first characters");
      }
      await using stack = new AsyncDisposableStack();
      const db = stack.adopt(await open(false), (db) => db.close());
      const { row, before } = await revokeKey(db, named.replace(/…$/, ""), now);
      return `${row.id} '${row.name}' ${before ? "was revoked before" : "is revoked"}\n`;
    }
    default:
      throw new UserError("invalid_request", `Expected create, list or revoke, got '${command}'`);
  }
}

function parse<O extends NonNullable<Parameters<typeof parseArgs>[0]>["options"]>(
  args: readonly string[],
  options: O,
) {
  try {
    if (args.some((one) => one === "--help" || one === "-h")) return { values: {}, positionals: [] };
    return parseArgs({ args: [...args], options, allowPositionals: true }) as {
      values: Record<string, string | undefined>;
      positionals: string[];
    };
  } catch (error) {
    throw new UserError(
      "invalid_request",
      `${(error as Error).message.split(". ")[0]}: see 'deno task keys'`,
    );
  }
}

if (import.meta.main) {
  try {
    await Deno.stdout.write(new TextEncoder().encode(await run(Deno.args)));
  } catch (error) {
    console.error(error instanceof UserError ? `error: ${error.message}` : error);
    Deno.exit(1);
  }
}
