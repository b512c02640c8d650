/** Foreign folders as the API process sees them: read elsewhere, once per version, within bounds. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { listModels } from "../../../core/models/model_folder.ts";
import { MAX_HEADER_BYTES, MAX_TENSORS } from "../../../core/formats/safetensors_header.ts";
import { inFolder } from "../networks/in_folder.ts";
import { newVersion } from "../formats/new_version.ts";
import { fixtureFolder } from "../networks/tiny_models.ts";

const utf8 = new TextEncoder();

async function makeModel(root: string, name: string): Promise<string> {
  const folder = join(root, name);
  await Deno.mkdir(folder);
  await Deno.copyFile(join(fixtureFolder("qwen3"), "config.json"), join(folder, "config.json"));
  return folder;
}

async function writeHeader(folder: string, json: Uint8Array): Promise<void> {
  const bytes = new Uint8Array(8 + json.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  await Deno.writeFile(join(folder, "model.safetensors"), bytes);
}

/** Runs `work` where this thread can do nothing by `name`. */
async function without(name: "parse" | "Worker", work: () => Promise<void>): Promise<void> {
  const owner = (name === "parse" ? JSON : globalThis) as unknown as Record<string, unknown>;
  const before = owner[name];
  owner[name] = () => {
    throw new Error(`${name} was called`);
  };
  try {
    await work();
  } finally {
    owner[name] = before;
  }
}

Deno.test("listModels() parses nothing in the caller's thread, and a folder again only when it has changed", () =>
  inFolder(async (root) => {
    const folder = await makeModel(root, "one");
    await Deno.copyFile(join(fixtureFolder("qwen3"), "model.safetensors"), join(folder, "model.safetensors"));
    const listed = async () => (await listModels([root])).map(({ summary }) => summary?.context);
    await without("parse", async () => assert.deepEqual(await listed(), [512]));
    await without("Worker", async () => assert.deepEqual(await listed(), [512]));
    const config = join(folder, "config.json");
    const changed = (await Deno.readTextFile(config)).replace("512", "256");
    await newVersion(config, () => Deno.writeTextFile(config, changed));
    await without("parse", async () => assert.deepEqual(await listed(), [256]));
    assert.deepEqual(await Promise.all([listed(), listed()]), [[256], [256]]);
  }));

Deno.test("headers and indices are bounded by bytes, tensors, files and depth before they are made", () =>
  inFolder(async (root) => {
    const entries = (count: number) => {
      const entry = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}';
      return utf8.encode(`{${Array.from({ length: count }, (_, at) => `"t${at}":${entry}`).join()}}`);
    };
    const headers: Record<string, [Uint8Array, RegExp]> = {
      deep: [utf8.encode('{"a":' + "[".repeat(100_000) + "]".repeat(100_000) + "}"), /deeper than 64/],
      deep_objects: [utf8.encode('{"a":'.repeat(100) + "0" + "}".repeat(100)), /deeper than 64/],
      large: [new Uint8Array(MAX_HEADER_BYTES + 1), /announces a header/],
      many: [entries(MAX_TENSORS + 3), /more than 100002 objects/],
      most: [entries(MAX_TENSORS), /no tensor 'model.embed_tokens.weight'/],
    };
    for (const [name, [json]] of Object.entries(headers)) {
      await writeHeader(await makeModel(root, name), json);
    }
    const files = await makeModel(root, "files");
    const weight_map = Object.fromEntries(Array.from({ length: 501 }, (_, at) => [at, `s${at}.safetensors`]));
    await Deno.writeTextFile(join(files, "model.safetensors.index.json"), JSON.stringify({ weight_map }));
    const listed = new Map((await listModels([root])).map(({ name, problem }) => [name, problem]));
    for (
      const [name, [, detail]] of [...Object.entries(headers), ["files", [0, /names 501 files/]] as const]
    ) {
      const problem = listed.get(name);
      assert.match(`${problem?.code} ${problem?.detail}`, detail, name);
    }
  }));
