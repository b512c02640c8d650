/**
 * All tests, each file in a process of its own, as many at once as there are cores: tests of jobs wait for engines, disks
 * and timers most of their time, which one process after the other leaves idle. What a file says comes as a whole when it
 * has ended, and the last line adds up the lines that Deno ended each with. With arguments, of files, folders or
 * `--filter`, it is `deno test` itself.
 */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** More would not have the memory, where engines of whole servers meet. */
const MOST_AT_ONCE = 4;
/** How much is told again at the end of a file that ended without a report. */
const LAST_CHARACTERS = 4000;

/** What Deno's last line counts, in its order. Those after `failed` it leaves out where there are none. */
const COUNTED = ["passed", "failed", "ignored", "measured", "filtered out"] as const;
const SUMMARY = /^(?:ok|FAILED) \| \d+ passed.*\((?:[\d.]+(?:m|s|ms|µs|ns))+\)$/gm;
// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[0-9;]*m/g;

type Counts = Record<typeof COUNTED[number], { tests: number; steps: number }>;

const noCounts = () =>
  Object.fromEntries(COUNTED.map((name) => [name, { tests: 0, steps: 0 }])) as unknown as Counts;

/** How one file ended. */
interface Ended {
  file: string;
  said: string;
  counts: Counts;
  /** Failed, or ended without a report, or with a code that its report does not explain. */
  hasFailed: boolean;
}

/** What Deno's last line of a test run says; null where it has said none. */
export function readSummary(said: string): Counts | null {
  const line = said.replaceAll(COLOURS, "").match(SUMMARY)?.at(-1);
  if (line === undefined) return null;
  const counts = noCounts();
  for (const name of COUNTED) {
    const [, tests = 0, steps = 0] = new RegExp(`\\| (\\d+) ${name}(?: \\((\\d+) steps?\\))?`).exec(line) ??
      [];
    counts[name] = { tests: Number(tests), steps: Number(steps) };
  }
  return counts;
}

/** As Deno writes its last line. */
function writeSummary(counts: Counts, seconds: number): string {
  const parts = COUNTED.filter((name) => name === "passed" || name === "failed" || counts[name].tests > 0)
    .map(
      (name) => {
        const { tests, steps } = counts[name];
        return `${tests} ${name}${steps > 0 ? ` (${steps} step${steps === 1 ? "" : "s"})` : ""}`;
      },
    );
  const time = seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  return `${[counts.failed.tests > 0 ? "FAILED" : "ok", ...parts].join(" | ")} (${time})`;
}

async function runFile(file: string, folder: string, signal: AbortSignal): Promise<Ended> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", file],
    ...{ cwd: folder, stdin: "null", stdout: "piped", stderr: "piped", signal },
  }).spawn();
  let said = "";
  const listen = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) said += text;
  };
  const [status] = await Promise.all([child.status, listen(child.stdout), listen(child.stderr)]);
  const counts = readSummary(said);
  if (counts !== null && status.success === (counts.failed.tests === 0)) {
    return { file, said, counts, hasFailed: !status.success };
  }
  const lost = counts ?? noCounts();
  lost.failed.tests++;
  const how = status.signal ? `by ${status.signal}` : `with code ${status.code}`;
  said += `\nFAILED: ${file} ended ${how}${counts === null ? ", without a report" : ""}\n`;
  return { file, said, counts: lost, hasFailed: true };
}

/** Test files below a folder. Those in it itself, of whole servers, take longest and come first: the last ones are short. */
export function findTests(folder: string): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) found.push(...findTests(join(folder, name)));
    else if (name.endsWith("_test.ts")) found.push(join(folder, name));
  }
  const depth = (path: string) => path.split("/").length;
  return found.sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
}

/**
 * Runs test files and says what they say.
 *
 * @param files Paths relative to `folder`
 * @param at_once How many processes
 * @returns Whether all passed
 */
export async function runTests(
  files: readonly string[],
  { folder, at_once, say, signal = new AbortController().signal }: {
    folder: string;
    at_once: number;
    say: (text: string) => void;
    signal?: AbortSignal;
  },
): Promise<boolean> {
  const began = performance.now();
  const waiting = files.values();
  const ended: Ended[] = [];
  const work = async () => {
    for (const file of waiting) {
      const one = await runFile(file, folder, signal);
      signal.throwIfAborted();
      ended.push(one);
      say(one.said.trim() + "\n");
    }
  };
  await Promise.all(Array.from({ length: at_once }, work));
  const total = noCounts();
  for (const { counts } of ended) {
    for (const name of COUNTED) {
      total[name].tests += counts[name].tests;
      total[name].steps += counts[name].steps;
    }
  }
  // What failed is told again: it came long before the end.
  for (const { file, said } of ended.filter(({ hasFailed }) => hasFailed)) {
    const errors = said.search(/^\S* ERRORS /m);
    say(`== ${file}\n${(errors < 0 ? said.slice(-LAST_CHARACTERS) : said.slice(errors)).trim()}\n`);
  }
  say(`${ended.length} files, ${at_once} at once`);
  say(writeSummary(total, Math.round((performance.now() - began) / 1000)));
  return ended.length === files.length && total.failed.tests === 0;
}

/** Runs a command of Deno's on this terminal. */
async function deno(...args: string[]): Promise<number> {
  return (await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).spawn().status).code;
}

if (import.meta.main) {
  if (Deno.args.length > 0) Deno.exit(await deno("test", "-A", ...Deno.args));
  const checked = await deno("check");
  if (checked !== 0) Deno.exit(checked);
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => (stop.abort(), Deno.exit(130)));
  }
  const passed = await runTests(findTests(join(ROOT, "tests")).map((path) => relative(ROOT, path)), {
    folder: ROOT,
    at_once: Number(Deno.env.get("DENO_JOBS")) || Math.min(MOST_AT_ONCE, navigator.hardwareConcurrency),
    say: (text) => console.log(text),
    signal: stop.signal,
  });
  Deno.exit(passed ? 0 : 1);
}
