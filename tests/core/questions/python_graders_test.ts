/**
 * Python graders, run for real: what they give, what is refused, and what one that means harm can do. Pyodide takes
 * seconds to load, so most of it is asked of one process, whose grader runs what an item says.
 */
import assert from "node:assert/strict";
import { UserError } from "../../../core/errors.ts";
import { gradedRow } from "../../../core/graders/graded_row.ts";
import { createLogger } from "../../../core/log.ts";
import { PyodideFolder } from "../../../core/questions/pyodide_folder.ts";
import { PythonGraders } from "../../../core/questions/python_graders.ts";

/** Runs an item's code, whose `result` is the score. */
const RUNS = `
import random
calls = 0
def grade(sample, item):
    global calls
    calls += 1
    names = {"sample": sample, "item": item, "result": 0.0, "calls": calls}
    exec(item["code"], names)
    return names["result"]
`;

/** Right, and without an end once it is run. */
const FALLS_BACK =
  "try:\n    import numpy\nexcept ImportError:\n    numpy = None\nwhile True: pass\ndef grade(s, i): return 1";

const silentLogger = createLogger("silent");
const signal = new AbortController().signal;

/** Longer than any row takes on a busy machine. */
const PATIENCE_MS = 120_000;

async function graders() {
  /** How long the next rows may take, each; those after them may take their time. */
  const hurried: number[] = [];
  const limits = {
    memory_mb: 256,
    get timeout_ms() {
      return hurried.shift() ?? PATIENCE_MS;
    },
  };
  const dataDir = await Deno.makeTempDir({ prefix: "proximal-python-" });
  const pyodide = new PyodideFolder(Deno.env.toObject(), silentLogger);
  const made = new PythonGraders({ pyodide, dataDir, limits, logger: silentLogger, idle_ms: 600_000 });
  return {
    dataDir,
    hurried,
    check: (source: string) => made.check(source, "tests", signal),
    run: async (...codes: string[]) =>
      await made.grade(
        RUNS,
        "tests",
        codes.map((code) => gradedRow({ code }, "text", { json: false })),
        signal,
      ),
    close: async () => {
      await made.close();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

/** Why there is no Pyodide here; null where there is. */
const absent = await new PyodideFolder(Deno.env.toObject(), silentLogger).find().then(() => null, String);
if (absent !== null) console.log(`skipped: python graders: ${absent}`);

Deno.test({ name: "python graders", ignore: absent !== null }, async (t) => {
  const it = await graders();
  const folders = async () => (await Array.fromAsync(Deno.readDir(`${it.dataDir}/reward-modules`))).length;
  try {
    await t.step("are refused before anything of them is run where they are none", async () => {
      const refused: [string, RegExp][] = [
        ["def grade(sample, item)\n  return 1", /SyntaxError: expected ':'/],
        ["def score(sample, item): return 1", /Expected a function grade\(sample, item\), got none/],
        ["x = " + "(".repeat(100_000), /./],
        [
          "import numpy as np\nfrom rapidfuzz import fuzz\ndef grade(s, i): return 1",
          /no package numpy, rapidfuzz: graders have Python's standard library/,
        ],
      ];
      for (const [source, message] of refused) {
        const isTold = (error: unknown) => error instanceof UserError && message.test(error.message);
        await assert.rejects(it.check(source), isTold, source.slice(0, 100));
      }
      await it.check(FALLS_BACK);
      // One process has read them all.
      assert.equal(await folders(), 1);
    });

    await t.step("see the sample and the item, and give numbers", async () => {
      const [text, choices, boolean, int] = await it.run(
        "result = float(len(sample['output_text']))",
        "result = 0.5 if sample['choices'][0]['message']['content'] == 'text' else 0.0",
        "result = item['code'] != ''",
        "result = 7",
      );
      assert.deepEqual([text, choices, boolean, int].map((grade) => grade!.score), [4, 0.5, 1, 7]);
      // A source that was read before needs no other process to be read again.
      await it.check(FALLS_BACK);
      assert.equal(await folders(), 1);
    });

    await t.step("are run anew for each row: no score depends on the rows before", async () => {
      const random = "import random; result = random.random()";
      const rows = await it.run(
        "result = calls",
        "result = calls",
        random,
        random,
        "result = hash('a') % 1000",
      );
      assert.deepEqual(rows.slice(0, 2).map(({ score }) => score), [1, 1]);
      assert.equal(rows[2]!.score, rows[3]!.score);
      const again = await it.run("result = calls", "result = hash('a') % 1000");
      assert.deepEqual(again.map(({ score }) => score), [1, rows[4]!.score]);
    });

    await t.step("give 0 and the end of their traceback where they throw, and others go on", async () => {
      const thrown = [
        ["1 / 0", /ZeroDivisionError: division by zero/],
        ["result = 'text'", /Expected a finite number of grade\(\), got str/],
        ["result = float('nan')", /got nan/],
        ["result = None", /got NoneType/],
        ["raise SystemExit(0)", /SystemExit/],
        ["raise KeyboardInterrupt()", /KeyboardInterrupt/],
        ["def f(): return f()\nf()", /RecursionError/],
        ["import numpy", /No module named 'numpy'/],
        ["result = 10 ** 400", /./],
        ["result = 1e300", /float32/],
      ] as const;
      const rows = await it.run(...thrown.map(([code]) => code), "result = 3.0");
      for (const [row, [code, message]] of thrown.entries()) {
        assert.equal(rows[row]!.score, 0, code);
        assert.equal(rows[row]!.fault?.kind, "python_grader_runtime_error", code);
        assert.match(rows[row]!.fault!.message, message, code);
      }
      assert.equal(rows.at(-1)!.score, 3);
    });

    await t.step("reach no file, no network, no program and nothing of the host's", async () => {
      const attempts: Record<string, string> = {
        "a file": "open('/etc/passwd').read()",
        "Pyodide's own":
          "import pyodide_js; pyodide_js.FS.mkdir('/m'); pyodide_js.FS.mount(pyodide_js.FS.filesystems.NODEFS, {'root': '/'}, '/m')",
        "a socket": "import socket; socket.create_connection(('127.0.0.1', 80), timeout=1)",
        "the web": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:1/')",
        "a program": "import subprocess; subprocess.run(['true'])",
        "a thread": "import threading; threading.Thread(target=print).start()",
        "JavaScript's globals": "from js import Deno",
        "JavaScript's fetch": "from js import fetch",
        "JavaScript's eval": "from pyodide.code import run_js; run_js('1')",
      };
      const escapes: Record<string, string> = {
        // The constructor of any function of JavaScript's makes others, which see the process's globals.
        "a file by JavaScript": "Deno.readTextFileSync('/etc/passwd')",
        "the environment": "Deno.env.get('HOME')",
        "Pyodide's folder": "Deno.readTextFileSync(Deno.args[0] + '/package.json')",
        "a file to write": "Deno.writeTextFileSync('/tmp/escaped', 'x')",
        "a program by JavaScript": "new Deno.Command('true').outputSync()",
        "a library": "Deno.dlopen('libc.so.6', {})",
        "a permission":
          "if (Deno.permissions.requestSync({ name: 'net' }).state === 'granted') { 1 } else { throw new Error('denied') }",
        "a server": "Deno.listen({ port: 0 })",
      };
      const byFunction = (code: string) =>
        `import pyodide_js\nmake = pyodide_js.FS.mkdir.constructor\nresult = float(bool(make.new(${
          JSON.stringify(`${code}; return 2`)
        })() or 1))`;
      // That the way out of Python is one indeed, or the attempts behind it would prove nothing.
      const [control] = await it.run(byFunction("globalThis.Deno.version"));
      const codes = [
        ...Object.entries(attempts),
        ...Object.entries(escapes).map(([name, code]) => [name, byFunction(code)] as const),
      ];
      const rows = await it.run(...codes.map(([, code]) => code));
      for (const [row, [name]] of codes.entries()) {
        assert.equal(rows[row]!.score, 0, name);
        assert.notEqual(rows[row]!.fault, null, name);
      }
      assert.deepEqual(control, { score: 1, fault: null });
      assert.equal(await Deno.stat("/tmp/escaped").catch(() => null), null);
    });

    await t.step(
      "that never end are ended at their deadline, and the next row has another process",
      async () => {
        it.hurried.push(1500);
        const [loop, after] = await it.run("while True: pass", "result = 2.0");
        assert.equal(loop!.score, 0);
        assert.equal(loop!.fault?.kind, "python_grader_server_error");
        assert.equal(loop!.fault?.type, "timeout");
        assert.equal(after!.score, 2);
      },
    );

    await t.step("that take too much memory fail, whichever way they take it", async () => {
      const rows = await it.run(
        "x = [bytearray(2 ** 24) for _ in range(200)]",
        "x = 'a'\nwhile True: x += x",
      );
      for (const { score, fault } of rows) {
        assert.equal(score, 0);
        assert.ok(
          fault!.type === "out_of_memory" || /MemoryError/.test(fault!.message),
          JSON.stringify(fault),
        );
      }
    });
  } finally {
    await it.close();
  }
});
