/** The order, the time and the lines of a kit's run, with programs that stand for checks. */
import assert from "node:assert/strict";
import { CHECKS, type KitCheck, type KitLine, runKit } from "../../../../tasks/cuda/kit/run.ts";

/** What a program does: JavaScript by the name of its check. A device is there if its program ends well. */
async function ran(
  programs: Record<string, string>,
  checks: readonly KitCheck[],
  left = () => 1000,
): Promise<{ ok: boolean; lines: KitLine[]; started: string[] }> {
  const lines: KitLine[] = [];
  const started: string[] = [];
  const ok = await runKit({
    start: (args) => {
      const name = args[0] === "tasks/cuda/check.ts" ? "device" : args[0]!;
      started.push(args.join(" "));
      return new Deno.Command(Deno.execPath(), {
        args: ["eval", programs[name]!],
        stdout: "piped",
        stderr: "piped",
        detached: true,
      }).spawn();
    },
    left,
    print: (line) => lines.push(line),
  }, checks);
  return { ok, lines, started };
}

const check = (part: string, given: Partial<KitCheck> = {}): KitCheck => ({
  ...{ part, args: [part], least: 1, most: 100 },
  ...given,
});
const GOOD = `console.log('{"check":"x","ok":true}')`;

Deno.test("a kit without a GPU says so and why, and leaves out what only a GPU can do", async () => {
  const programs = { device: "console.error('no driver'); Deno.exit(1)", a: GOOD, b: GOOD };
  const { ok, lines, started } = await ran(programs, [check("b", { gpuOnly: true }), check("a")]);
  assert.ok(ok);
  const { reason, stand_in } = lines.find((line) => line.part === "device" && line.stand_in !== undefined)!;
  assert.deepEqual({ reason, stand_in }, { reason: "no driver", stand_in: true });
  assert.deepEqual(lines.filter(({ part }) => part === "b"), [{ part: "b", skipped: "there is no GPU" }]);
  assert.equal(started.at(-1), "a --device allocated");
  assert.deepEqual(lines.find(({ part }) => part === "a"), { part: "a", check: "x", ok: true });
  assert.deepEqual(lines.at(-1), {
    part: "all",
    ok: true,
    unfinished: [],
    device: "allocated",
    stand_in: true,
  });
});

Deno.test("a check that takes too long is ended with what it has started; what fails makes the run fail", async () => {
  const child = "new Deno.Command('sleep', { args: ['600'], stdout: 'inherit' }).spawn();";
  const programs = {
    device: GOOD,
    long: `console.log('{"step":1}'); ${child} setInterval(() => {}, 1000);`,
    wrong: "console.error('not equal'); Deno.exit(1)",
    last: GOOD,
  };
  // The child holds the output open: were it left, this would wait for it.
  const { ok, lines, started } = await ran(programs, [
    check("long", { most: 5 }),
    check("wrong"),
    check("last", { least: 2000 }),
  ]);
  assert.equal(ok, false);
  const [step, ended] = lines.filter(({ part }) => part === "long");
  assert.deepEqual([step!.step, ended!.cut_off, ended!.ok], [1, true, false]);
  assert.equal(lines.find(({ part }) => part === "wrong")!.error, "not equal");
  assert.match(String(lines.find(({ part }) => part === "last")!.skipped), /1000 s are left, it needs 2000/);
  assert.deepEqual(lines.at(-1), {
    ...{ part: "all", ok: false, unfinished: ["long", "last"], device: "cuda", stand_in: false },
  });
  assert.equal(started.length, 3);
});

Deno.test("the programs of a kit's checks are there, and the first workload is the one for a GPU", async () => {
  for (const { args } of CHECKS) assert.ok((await Deno.stat(args[0]!)).isFile, args[0]);
  const order = CHECKS.map(({ part }) => part);
  assert.ok(order.indexOf("workload 0.6b-gpu") === 1, order.join());
});
