import assert from "node:assert/strict";
import { join } from "node:path";
import { findTests, readSummary, runTests } from "../../tasks/run_tests.ts";
import { inFolder } from "../core/networks/in_folder.ts";

const FILES = {
  "good_test.ts": `Deno.test("one", () => {});
    Deno.test("two", (t) => t.step("a step", () => {}).then(() => {}));
    Deno.test({ name: "three", ignore: true, fn() {} });`,
  "bad_test.ts":
    `Deno.test("good", () => {}); Deno.test("bad", () => { throw new Error("what is wrong with it"); });`,
  "dead_test.ts": `Deno.test("dies", () => Deno.kill(Deno.pid, "SIGKILL"));`,
  "broken_test.ts": `this is no TypeScript`,
  // Says a summary of its own.
  "loud_test.ts": `Deno.test("loud", () => console.log("ok | 70 passed | 0 failed (1s)"));`,
};

async function run(...names: (keyof typeof FILES)[]) {
  const said: string[] = [];
  let passed: boolean | undefined;
  await inFolder(async (folder) => {
    for (const name of names) await Deno.writeTextFile(join(folder, name), FILES[name]);
    passed = await runTests(names, { folder, at_once: 2, say: (text) => said.push(text) });
  });
  return { passed, text: said.join("\n"), summary: said.at(-1)!.replace(/ \(\d+s\)$/, "") };
}

Deno.test("runTests() adds up what Deno's reports of the files say", async () => {
  const { passed, summary, text } = await run("good_test.ts", "loud_test.ts");
  assert.equal(summary, "ok | 3 passed (1 step) | 0 failed | 1 ignored");
  assert.ok(passed);
  assert.match(text, /^two \.\.\./m);
});

Deno.test("a failure, a process that dies and a file that is none fail the run, are counted and told at its end", async () => {
  const { passed, summary, text } = await run(
    "good_test.ts",
    "bad_test.ts",
    "dead_test.ts",
    "broken_test.ts",
  );
  assert.equal(summary, "FAILED | 3 passed (1 step) | 3 failed | 1 ignored");
  assert.equal(passed, false);
  const end = text.slice(text.indexOf("\n== "));
  for (
    const what of [
      "what is wrong with it",
      "dead_test.ts ended by SIGKILL, without a report",
      "broken_test.ts",
    ]
  ) {
    assert.ok(end.includes(what), end);
  }
});

Deno.test("readSummary() reads all that Deno counts, with colours and without, and nothing else", () => {
  const line =
    "ok | 5 passed (2 steps) | 0 failed | 1 ignored (3 steps) | 1 measured | 4 filtered out (1m2s)";
  const counts = {
    passed: { tests: 5, steps: 2 },
    failed: { tests: 0, steps: 0 },
    ignored: { tests: 1, steps: 3 },
    measured: { tests: 1, steps: 0 },
    "filtered out": { tests: 4, steps: 0 },
  };
  assert.deepEqual(readSummary(`ok | 9 passed | 0 failed (3ms)\n${line}\n\n`), counts);
  const coloured = line.replace("ok", "\x1b[0m\x1b[32mok\x1b[0m").replace(
    "(1m2s)",
    "\x1b[38;5;245m(1m2s)\x1b[0m",
  );
  assert.deepEqual(readSummary(coloured), counts);
  assert.equal(readSummary("error: Module not found\n"), null);
});

Deno.test("findTests() finds this file, and those of whole programs first", () => {
  const root = join(import.meta.dirname!, "..");
  const files = findTests(root);
  assert.ok(files.includes(join(import.meta.dirname!, "run_tests_test.ts")));
  assert.equal(new Set(files).size, files.length);
  assert.ok(files.indexOf(join(root, "main_test.ts")) < files.indexOf(join(root, "core", "rng_test.ts")));
});
