/** The packages that @huggingface/transformers depends on and that are left out: that they are, and are not missed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "../../../core/tokenizer/left_out/sharp/sharp.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const read = (path: string) => JSON.parse(Deno.readTextFileSync(join(ROOT, path)));

interface Lock {
  npm: Record<string, { integrity?: string; dependencies?: string[] }>;
  workspace: { links: Record<string, unknown> };
}

Deno.test("deno.lock has each package that is left out in the version of its stand-in, and nothing of it to download", () => {
  const { links } = read("deno.json") as { links: string[] };
  const { npm, workspace } = read("deno.lock") as Lock;
  assert.ok(links.length > 0);
  const linked = links.map((folder) => {
    const { name, version } = read(`${folder}/package.json`) as { name: string; version: string };
    return `${name}@${version}`;
  });
  assert.deepEqual(Object.keys(workspace.links).sort(), linked.map((one) => `npm:${one}`).sort());
  for (const one of linked) assert.deepEqual(npm[one], {}, one);
  const locked = Object.keys(npm).filter((one) =>
    linked.some((two) => one.startsWith(two.replace(/@[^@]*$/, "@")))
  );
  assert.deepEqual(locked.sort(), linked.sort());
});

Deno.test("sharp's stand-in refuses a picture in words", () => {
  assert.throws(() => sharp(), { message: /^Cannot read a picture: the sharp package is left out/ });
});
