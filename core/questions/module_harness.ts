/**
 * Runs a user's module beside it, in a process that may do nothing: questions come in on stdin and what the module gives
 * goes out on stdout, a JSON object a line. It is copied beside the module and imports nothing. Whoever reads what it
 * says trusts none of it: the module may have changed anything in here.
 */

interface Item {
  [key: string]: unknown;
}

type Entries = unknown[];

const stdout = Deno.stdout;
const encoder = new TextEncoder();
const { stringify, parse } = JSON;

// What a module prints is for people.
for (const name of ["log", "info", "debug", "dir", "table"] as const) console[name] = console.error;

function say(message: unknown): void {
  const bytes = encoder.encode(stringify(message, named) + "\n");
  for (let at = 0; at < bytes.length;) at += stdout.writeSync(bytes.subarray(at));
}

/** JSON has no words for some numbers. */
function named(_: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (value === undefined || typeof value === "bigint") return { $other: typeof value };
  return value;
}

function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : thrown).slice(0, 500);
  } catch {
    return "something that cannot be told";
  }
}

/** One item after another; what one throws is its own. */
async function each(score: (item: Item) => unknown, items: Item[]): Promise<Entries> {
  const entries = [];
  for (const item of items) {
    try {
      entries.push(await score(item));
    } catch (thrown) {
      entries.push({ $thrown: messageOf(thrown) });
    }
  }
  return entries;
}

/** Answers questions by what the module exports, until there are no more. */
export async function serve(exports: { default?: unknown; score?: unknown }): Promise<void> {
  const { default: batch, score } = exports;
  if (typeof batch !== "function" && typeof score !== "function") {
    say({
      fault:
        "Expected a function as default export, which scores a batch, or as export score, which scores an item",
    });
    return Deno.exit(0);
  }
  const work = typeof batch === "function"
    ? batch as (items: Item[]) => unknown
    : (items: Item[]) => each(score as (item: Item) => unknown, items);
  say({ ready: true });
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      try {
        const given = await work(parse(line));
        say({ given: ArrayBuffer.isView(given) ? Array.from(given as unknown as ArrayLike<number>) : given });
      } catch (thrown) {
        say({ thrown: messageOf(thrown) });
      }
    }
  }
  Deno.exit(0);
}
