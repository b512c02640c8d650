/** A kit packed, moved and run as on a bare machine: by `sh`, without network where that can be had. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { packKit } from "../../../tasks/cuda/kit.ts";
import { inFolder } from "../../core/networks/in_folder.ts";

/** Runs a kit with nothing of this process's environment. */
async function runKit(folder: string, ...args: string[]) {
  const run = ["sh", join(folder, "run.sh"), ...args];
  // A namespace without interfaces, where this user may make one.
  const alone = (await new Deno.Command("unshare", { args: ["-rn", "true"], stderr: "null" }).output()
    .catch(() => ({ success: false }))).success;
  if (!alone) console.log("unshare cannot take the network away here: the kit runs with it");
  const [program, ...rest] = [...(alone ? ["unshare", "-rn"] : []), ...run];
  const { code, stdout, stderr } = await new Deno.Command(program!, {
    args: rest,
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin", HOME: "/nonexistent", KIT_FOLDER: join(folder, "unpacked") },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const lines = text(stdout).trim().split("\n").map((line) => JSON.parse(line));
  return { code, lines, errors: text(stderr) };
}

Deno.test({
  name: "a kit is packed in parts, verified, and checks a model on the stand-in device, which it says",
  ignore: Deno.build.os !== "linux" || Deno.build.arch !== "x86_64",
  fn: () =>
    inFolder(async (folder) => {
      const out = join(folder, "kit");
      // Deno's own file is of 95 MB: the program that starts it stands for it.
      const deno = join(folder, "deno");
      await Deno.writeTextFile(deno, `#!/bin/sh\nexec ${Deno.execPath()} "$@"\n`);
      const parts = await packKit({ out, wheel: null, deno, partBytes: 10e6 });
      assert.ok(parts.length > 1 && parts.every(({ bytes }) => bytes <= 10e6));

      const second = join(out, parts[1]!.name);
      const whole = await Deno.readFile(second);
      await Deno.writeFile(second, whole.with(5, whole[5]! ^ 1));
      const damaged = await runKit(out, "3000");
      assert.deepEqual(damaged.lines, [{ part: "verify", ok: false, wrong_parts: parts[1]!.name }]);
      assert.notEqual(damaged.code, 0);
      await Deno.writeFile(second, whole);

      const results = join(folder, "results.jsonl");
      const { code, lines, errors } = await runKit(out, "3000", results, "parity of qwen3");
      assert.equal(code, 0, errors);
      assert.equal(lines[0].part, "verify");
      const stand_in = lines.find(({ stand_in }) => stand_in);
      assert.match(stand_in.reason, /libonnxruntime_providers_shared\.so/);
      const parity = lines.filter(({ check }) => check === "parity");
      assert.deepEqual(parity.map(({ model, precision, device }) => [model, precision, device]), [
        ["qwen3", "float32", "allocated"],
        ["qwen3", "float16", "allocated"],
      ]);
      assert.deepEqual(lines.at(-1), {
        ...{ part: "all", ok: true, unfinished: [], device: "allocated", stand_in: true },
      });
      const kept = (await Deno.readTextFile(results)).trim().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(kept, lines);
    }),
});
