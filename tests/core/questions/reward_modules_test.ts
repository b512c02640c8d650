/** Modules of a user's own, right, wrong and hostile, each in its real process. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Scored } from "../../../core/contract/reward_question.ts";
import { type RewardOf, rewardSchema } from "../../../core/contract/reward_schema.ts";
import { createLogger } from "../../../core/log.ts";
import { processIdentity } from "../../../core/processes/process_identity.ts";
import { RewardModules } from "../../../core/questions/reward_modules.ts";
import { eventually } from "../jobs/supervised.ts";
import { inFolder } from "../networks/in_folder.ts";

const ITEMS = [
  { prompt: "p", completion: "aa", prompt_idx: 0 },
  { prompt: "q", completion: "bbbb", prompt_idx: 1, answer: "x", metadata: { team: "y" } },
];
const QUESTION = { at: "", items: ITEMS };
const never = new AbortController().signal;
/** For modules that are to be in time on any machine, and for those that never are. */
const LONG_MS = 120_000;
const SHORT_MS = 1500;

function config(file: string, more: Record<string, unknown> = {}): RewardOf<"module"> {
  const reward = rewardSchema.parse({ type: "module", file, timeout_ms: LONG_MS, memory_mb: 128, ...more });
  return reward as RewardOf<"module">;
}

interface Place {
  modules: RewardModules;
  data: string;
  lines: string[];
  write(file: string, text: string): Promise<void>;
  ask(file?: string, more?: Record<string, unknown>, question?: typeof QUESTION): Promise<Scored>;
}

function inPlace(work: (place: Place) => Promise<void>, start_ms = LONG_MS): Promise<void> {
  return inFolder(async (parent) => {
    const data = join(await Deno.realPath(parent), "data");
    await Deno.mkdir(join(data, "rewards"), { recursive: true });
    const modules = new RewardModules(data, start_ms);
    const lines: string[] = [];
    const logger = createLogger("debug", {}, (line) => lines.push(line));
    await work({
      ...{ modules, data, lines },
      async write(file, text) {
        await Deno.mkdir(join(data, "rewards", file, ".."), { recursive: true });
        await Deno.writeTextFile(join(data, "rewards", file), text);
      },
      async ask(file = "main.ts", more, question = QUESTION) {
        const module = await modules.open(config(file, more), logger);
        try {
          return await module.answer(question, never);
        } finally {
          await module.close();
        }
      },
    });
    assert.deepEqual(await Array.fromAsync(Deno.readDir(join(data, "reward-modules"))).catch(() => []), []);
  });
}

const scoresOf = async (text: string, more?: Record<string, unknown>) => {
  let scored: Scored | undefined;
  await inPlace(async ({ write, ask }) => {
    await write("main.ts", text);
    scored = await ask("main.ts", more);
  });
  return scored!;
};

Deno.test("a module scores a batch, or one item after another, at once or later", async () => {
  const type = "type Item = { completion: string; answer?: string; metadata?: Record<string, string> };\n";
  for (
    const text of [
      "export default (items: Item[]): number[] => items.map((item) => item.completion.length);",
      "export default async (items: Item[]) => { await 0; return Float32Array.from(items, (item) => item.completion.length); };",
      "export function score(item: Item): number { return item.completion.length; }",
      "export const score = async (item: Item) => await Promise.resolve(item.completion.length);",
    ]
  ) assert.deepEqual((await scoresOf(type + text)).scores, [2, 4]);
  const more = await scoresOf(
    type +
      "export const score = ({ answer, metadata }: Item) => ({ score: 1, terms: answer ? { has: metadata!.team.length } : {} });",
  );
  assert.deepEqual({ scores: more.scores, terms: more.terms }, { scores: [1, 1], terms: { has: [null, 1] } });
});

Deno.test("a module may import files below its folder, and what it prints is logged", () =>
  inPlace(async ({ write, ask, lines }) => {
    await write(
      "style/main.ts",
      'import { of } from "../words.ts";\nimport list from "./list.json" with { type: "json" };\nexport const score = (item: { completion: string }) => { console.log("I saw", item.completion); return of(item.completion) + list.length; };',
    );
    await write("words.ts", "export const of = (text: string): number => text.length;");
    await write("style/list.json", "[1]");
    assert.deepEqual((await ask("style/main.ts")).scores, [3, 5]);
    assert.ok(lines.some((line) => line.includes("I saw bbbb")));
  }));

/** What a module may give in place of scores, and what is said of the rows; null where a row has a score. */
const WRONG: Record<string, [text: string, faults: (RegExp | null)[]]> = {
  "throws": ['export default () => { throw new TypeError("no way"); };', [
    /threw TypeError: no way/,
    /threw/,
  ]],
  "throws for one item": [
    'export const score = (i: any) => { if (i.prompt_idx === 1) throw new Error("bad one"); return 1; };',
    [null, /threw Error: bad one/],
  ],
  "throws what is no error": ["export default () => { throw { toString() { throw 1; } }; };", [
    /threw/,
    /threw/,
  ]],
  "rejects": ['export default () => Promise.reject(new Error("later"));', [/threw Error: later/, /later/]],
  "gives NaN": ["export default () => [NaN, 1];", [/finite number.*NaN/, null]],
  "gives infinity": ["export default () => [1, -Infinity];", [null, /finite.*-Infinity/]],
  "gives a text": ['export default () => ["1", 2];', [/got a text/, null]],
  "gives nothing": ["export default () => {};", [/Expected a list of 2 scores, got nothing/, /nothing/]],
  "gives too few": ["export default () => [1];", [/Expected 2 scores.*got 1/, /got 1/]],
  "gives too many": ["export default () => [1, 2, 3];", [/got 3/, /got 3/]],
  "gives null": ["export const score = () => null;", [/got null/, /got null/]],
  "gives a number in place of a list": ["export default () => 1;", [/got a number/, /got a number/]],
  "gives what JSON cannot have": ["const a: any[] = []; a.push(a, a); export default () => a;", [
    /threw/,
    /threw/,
  ]],
  "gives big integers": ["export default () => [1n, 2n];", [/got nothing/, /got nothing/]],
  "leaves a promise rejected": [
    'Promise.reject(new Error("forgotten")); export default async () => { await new Promise((r) => setTimeout(r, 50)); return [1, 2]; };',
    [/exit code 1.*forgotten|Cannot load/, /forgotten|Cannot load/],
  ],
};

/** What does harm where it can, and what is said of it. */
const HOSTILE: Record<string, [text: string, fault: RegExp, more?: Record<string, unknown>]> = {
  "loops for ever": ["export default () => { for (;;); };", /nothing within 1500 ms/, {
    timeout_ms: SHORT_MS,
  }],
  "loops in WebAssembly": [
    // (module (func (export "f") (loop br 0)))
    "const m = new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,9,1,7,0,3,64,12,0,11,11]));\nexport default () => { (new WebAssembly.Instance(m).exports.f as () => void)(); return [1, 2]; };",
    /nothing within 1500 ms/,
    { timeout_ms: SHORT_MS },
  ],
  "loops in a regular expression": [
    'export default () => { /^(a+)+$/.test("a".repeat(60) + "b"); return [1, 2]; };',
    /nothing within 1500 ms/,
    { timeout_ms: SHORT_MS },
  ],
  "never answers": [
    "export default () => new Promise(() => setInterval(() => {}, 9));",
    /nothing within 1500 ms/,
    {
      timeout_ms: SHORT_MS,
    },
  ],
  "fills the heap": [
    "export default () => { const all: unknown[] = []; for (;;) all.push({ a: [Math.random()] }); };",
    /want of memory: it may use 128 MiB/,
  ],
  "fills memory beside the heap": [
    "export default () => { const all: unknown[] = []; for (;;) all.push(new Uint8Array(32e6).fill(1)); };",
    /want of memory|threw RangeError/,
  ],
  "fills memory in WebAssembly": [
    "export default () => { const all: unknown[] = []; for (;;) { const m = new WebAssembly.Memory({ initial: 1000 }); new Uint8Array(m.buffer).fill(1); all.push(m); } };",
    /want of memory|threw RangeError/,
  ],
  "fills memory in workers": [
    'const url = URL.createObjectURL(new Blob(["const a = []; for (;;) a.push({ b: [Math.random()] });"], { type: "text/javascript" }));\nexport default () => { for (let i = 0; i < 16; i++) new Worker(url, { type: "module" }); return new Promise(() => setInterval(() => {}, 9)); };',
    /want of memory|nothing within|exit code|threw/,
    { timeout_ms: 20_000 },
  ],
  "asks the network": [
    'export default () => fetch("http://127.0.0.1:9000/");',
    /threw NotCapable: Requires net access/,
  ],
  "opens a socket": [
    "export default () => Deno.connect({ port: 9000 });",
    /threw NotCapable: Requires net access/,
  ],
  "listens": ["export default () => Deno.serve(() => new Response()).finished;", /threw NotCapable/],
  "reads a file": [
    'export default () => Deno.readTextFile("/etc/passwd");',
    /threw NotCapable: Requires read access/,
  ],
  "reads a file by Node's way": [
    'export default async () => (await import(["node:", "fs"].join(""))).readFileSync("/etc/passwd");',
    /threw NotCapable: Requires read access/,
  ],
  "writes a file": [
    'export default () => Deno.writeTextFile("/tmp/x", "x");',
    /threw NotCapable: Requires write access/,
  ],
  "reads the environment": [
    'export default () => [Deno.env.get("HOME")];',
    /threw NotCapable: Requires env access/,
  ],
  "starts a program": [
    'export default () => new Deno.Command("/usr/bin/id").output();',
    /threw NotCapable: Requires run access/,
  ],
  "opens a library": [
    'export default () => Deno.dlopen("libc.so.6", {});',
    /threw NotCapable: Requires ffi access/,
  ],
  "asks for permission": [
    'export default async () => [(await Deno.permissions.request({ name: "read" })).state];',
    /Expected 2 scores|got a text/,
  ],
  "imports what it makes up": [
    'export default () => import(["https://example", ".com/x.js"].join(""));',
    /threw TypeError|threw NotCapable/,
  ],
  "imports a file that it makes up": [
    'export default () => import(["..", "..", "..", "secret.ts"].join("/"));',
    /threw .*Requires read access/,
  ],
  "keeps something in a cache": [
    'export default async () => { await (await caches.open("x")).put("http://x/", new Response("x")); return [1, 2]; };',
    /threw/,
  ],
  "keeps something in a storage": [
    'export default () => { localStorage.setItem("a", "b"); return [1, 2]; };',
    /threw/,
  ],
  "ends the process": ["export default () => Deno.exit(0);", /ended with exit code 0/],
  "kills itself": ['export default () => Deno.kill(Deno.pid, "SIGKILL");', /was killed by SIGKILL/],
  "kills another": ['export default () => Deno.kill(1, "SIGKILL");', /threw NotCapable: Requires run access/],
  "answers before it is asked": [
    'console.log = null as never; Deno.stdout.writeSync(new TextEncoder().encode("[]\\n")); export default () => [1, 2];',
    /Cannot load the module: .*no answer/,
  ],
  "answers for another": [
    'export default () => { Deno.stdout.writeSync(new TextEncoder().encode("nonsense\\n")); return [1, 2]; };',
    /no answer to its standard output/,
  ],
  "says more than anybody reads": [
    'const x = new TextEncoder().encode("x".repeat(1e6)); export default () => { for (;;) Deno.stdout.writeSync(x); };',
    /more than an answer may have/,
  ],
  "says it on one line": ['export default () => ["x".repeat(1e7), 1];', /more than an answer may have/],
  "prints without end": [
    'const x = new TextEncoder().encode("x".repeat(1000) + "\\n"); export default () => { for (;;) Deno.stderr.writeSync(x); };',
    /nothing within 1500 ms/,
    { timeout_ms: SHORT_MS },
  ],
  "changes what everything is made of": [
    "for (const it of [Object, Array, String, Number, Promise, Map]) for (const key of Object.getOwnPropertyNames(it.prototype)) { try { Object.defineProperty(it.prototype, key, { get() { throw new Error('mine'); } }); } catch { /* not this one */ } }\nJSON.parse = (() => ({})) as never;\nexport default () => [1, 2];",
    /Cannot load|exit code|threw|nothing within|no answer/,
    { timeout_ms: SHORT_MS },
  ],
  "has no function": [
    "export const value = 1;",
    /Cannot load the module: Expected a function as default export/,
  ],
  "fails when it is loaded": ['throw new Error("at the top");', /Cannot load the module: .*at the top/],
};

for (const [what, [text, faults]] of Object.entries(WRONG)) {
  Deno.test(`a module that ${what} leaves its rows without a score`, async () => {
    const scored = await scoresOf(text);
    for (const [row, expected] of faults.entries()) {
      const fault = scored.faults.find((one) => one.row === row);
      if (expected) assert.match(fault!.message, expected);
      else assert.equal(fault, undefined);
      assert.equal(scored.scores[row] === null, expected !== null);
    }
  });
}

for (const [what, [text, fault, more]] of Object.entries(HOSTILE)) {
  Deno.test({
    name: `a module that ${what} does no harm`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      const scored = await scoresOf(text, more);
      assert.deepEqual(scored.scores, [null, null]);
      for (const { message } of scored.faults) assert.match(message, fault);
    },
  });
}

Deno.test("a prototype that a module pollutes is its own process's", async () => {
  const { scores } = await scoresOf(
    "(Object.prototype as any).polluted = 1; export default (items: unknown[]) => items.map(() => 1);",
  );
  assert.deepEqual(scores, [1, 1]);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

Deno.test("a module that loops while it is loaded is ended", () =>
  inPlace(async ({ write, ask }) => {
    await write("main.ts", "for (;;);");
    const { faults } = await ask();
    assert.match(faults[0]!.message, /Cannot load the module: The module gave nothing within 1500 ms/);
  }, SHORT_MS));

Deno.test("after a module was ended the next batch has another process of it; between batches it is stopped", () =>
  inPlace(async ({ modules, write, lines }) => {
    await write(
      "main.ts",
      'let count = 0; setInterval(() => console.log("still here"), 1); export const score = (i: any) => { if (i.completion === "loop") for (;;); return ++count; };',
    );
    const logger = createLogger("debug", {}, (line) => lines.push(line));
    const module = await modules.open(config("main.ts", { timeout_ms: SHORT_MS }), logger);
    try {
      assert.deepEqual((await module.answer(QUESTION, never)).scores, [1, 2]);
      await eventually(() => /\) T /.test(Deno.readTextFileSync(`/proc/${module.pid}/stat`)));
      assert.deepEqual((await module.answer(QUESTION, never)).scores, [3, 4]);
      const loop = { at: "", items: [{ ...ITEMS[0]!, completion: "loop" }] };
      assert.deepEqual((await module.answer(loop, never)).scores, [null]);
      assert.deepEqual((await module.answer(QUESTION, never)).scores, [1, 2]);
    } finally {
      await module.close();
    }
  }));

Deno.test("who no longer waits ends the module at once", () =>
  inPlace(async ({ modules, write }) => {
    await write("main.ts", "export default () => { for (;;); };");
    const module = await modules.open(config("main.ts"), createLogger("error"));
    const controller = new AbortController();
    assert.equal(await module.load(never), null);
    const reason = new Error("stopped");
    const asked = module.answer(QUESTION, controller.signal);
    controller.abort(reason);
    await assert.rejects(asked, reason);
    await module.close();
  }));

const REFUSED: Record<string, [files: Record<string, string>, message: RegExp]> = {
  "is not there": [{}, /There is no file 'main\.ts'/],
  "imports a package": [
    { "main.ts": 'import "npm:chalk";' },
    /'\.\/…' or '\.\.\/…', got 'npm:chalk' in main\.ts/,
  ],
  "imports from the web": [{ "main.ts": 'import "https://example.com/x.ts";' }, /got 'https:/],
  "imports what Node has": [{ "main.ts": 'import fs from "node:fs"; fs;' }, /got 'node:fs'/],
  "imports by an absolute path": [{ "main.ts": 'import "/etc/x.ts";' }, /got '\/etc\/x\.ts'/],
  "imports by a file's URL": [{ "main.ts": 'import "file:///etc/x.ts";' }, /got 'file:\/\/\/etc/],
  "imports out of its folder": [{ "main.ts": 'import "../../outside.ts";' }, /below DATA_DIR\/rewards/],
  "imports it later, by what can be read": [
    { "main.ts": 'export default () => import("../outside.ts");' },
    /below/,
  ],
  "imports what imports out": [
    { "main.ts": 'import "./a.ts";', "a.ts": 'import "npm:x";' },
    /got 'npm:x' in a\.ts/,
  ],
  "imports what is not there": [{ "main.ts": 'import "./none.ts";' }, /none\.ts/],
  "is no TypeScript": [{ "main.ts": "export default ((" }, /Cannot read main\.ts/],
};

for (const [what, [files, message]] of Object.entries(REFUSED)) {
  Deno.test(`a module that ${what} is refused before it is run`, () =>
    inPlace(async ({ modules, data, write }) => {
      await Deno.writeTextFile(join(data, "outside.ts"), "export {};");
      for (const [file, text] of Object.entries(files)) await write(file, text);
      await assert.rejects(modules.open(config("main.ts"), createLogger("error")), (error: Error) => {
        assert.match(error.message, message);
        assert.ok(!error.message.includes(data), error.message);
        return true;
      });
    }));
}

Deno.test("a link is refused, wherever it leads", () =>
  inPlace(async ({ modules, data, write }) => {
    await Deno.writeTextFile(join(data, "outside.ts"), "export default () => [];");
    await Deno.symlink(join(data, "outside.ts"), join(data, "rewards", "main.ts"));
    await write("second.ts", 'import x from "./main.ts"; export default x;');
    for (const file of ["main.ts", "second.ts"]) {
      await assert.rejects(modules.open(config(file), createLogger("error")), /got a link|below DATA_DIR/);
    }
  }));

Deno.test("paths that leave the folder are no names of modules", () => {
  for (const file of ["../x.ts", "/x.ts", "a/../x.ts", ".x.ts", "x.json", "a//b.ts", "x.ts\n", "C:\\x.ts"]) {
    assert.ok(!rewardSchema.safeParse({ type: "module", file }).success, file);
  }
});

Deno.test("a module's hash is its file's, or of all files; one that has changed is told from what was asked for", () =>
  inPlace(async ({ modules, write }) => {
    const logger = createLogger("error");
    await write("main.ts", "export const score = () => 1;");
    const sha256 = await modules.check(config("main.ts"), logger);
    assert.equal(sha256, createHash("sha256").update("export const score = () => 1;").digest("hex"));
    assert.equal(await modules.check(config("main.ts", { sha256 }), logger), sha256);
    await write("main.ts", "export const score = () => 2;");
    await assert.rejects(modules.open(config("main.ts", { sha256 }), logger), /its SHA-256 is/);
    await write("main.ts", 'import { a } from "./a.ts"; export const score = () => a;');
    await write("a.ts", "export const a = 1;");
    const both = await modules.check(config("main.ts"), logger);
    await write("a.ts", "export const a = 2;");
    await assert.rejects(modules.check(config("main.ts", { sha256: both }), logger), /its SHA-256 is/);
  }));

Deno.test("what a dead server has left is ended and removed", () =>
  inPlace(async ({ modules, data }) => {
    const folder = join(data, "reward-modules", "left");
    await Deno.mkdir(folder, { recursive: true });
    const child = new Deno.Command("sleep", { args: ["600"] }).spawn();
    await Deno.writeTextFile(
      join(folder, "process"),
      `${processIdentity(child.pid)} of ${processIdentity(Deno.pid)}`,
    );
    await modules.sweep();
    assert.equal((await child.status).signal, "SIGTERM");
  }));
