/** The scripts of docs/examples, as a user runs them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inFolder } from "../networks/in_folder.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** What each prints, at least. */
const EXAMPLES: Record<string, readonly RegExp[]> = {
  "ppo.ts": [/epoch 3: \{/, /mean reward -?\d/, /"advantage":-?\d/, /TL;DR:/],
  "pipeline.ts": [
    /the reward model scores (-?[\d.]+) over (-?[\d.]+)/,
    /mean score -?\d/,
    /saved and loaded: \S+best/,
  ],
  "parts.ts": [/values: \[/, /advantages: Float32Array/, /in the buffer: 1, drawn: 1-0/],
};

for (const [name, printed] of Object.entries(EXAMPLES)) {
  Deno.test(`docs/examples/${name} runs with the rights of an engine, and prints what it says`, () =>
    inFolder(async (folder) => {
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...[
            "run",
            "--no-prompt",
            "--no-check",
            "--allow-ffi",
            "--allow-env",
            "--allow-sys=systemMemoryInfo",
          ],
          ...[`--allow-read=${ROOT},${folder}`, `--allow-write=${folder}`],
          ...[join("docs/examples", name), "models/tiny", join(folder, "out")],
        ],
        cwd: ROOT,
      }).output();
      const text = new TextDecoder().decode(stdout);
      assert.ok(success, new TextDecoder().decode(stderr));
      for (const pattern of printed) assert.match(text, pattern);
      if (name === "pipeline.ts") {
        const [, better, worse] = printed[0]!.exec(text)!;
        assert.ok(Number(better) > Number(worse), text);
      }
    }));
}
