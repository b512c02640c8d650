/** Brings a checkpoint's files here, each checked by its SHA-256; what was begun before goes on where it broke off. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Client, Json } from "./client.ts";
import type { Command, Given } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { checkpointOf } from "./policy_of.ts";
import { UsageError } from "./usage_error.ts";

const BAR = 30;
const FORMATS = ["adapter", "merged", "onnx"];

/** A file as the server lists it. */
interface Listed {
  /** In URLs. */
  path: string;
  /** In the folder. */
  name: string;
  bytes: number;
  sha256: string;
}

export const exportCheckpoint: Command = {
  words: "CHECKPOINT|JOB",
  what: "Download a checkpoint as a folder; of a job, its best or its last",
  takes: [1, 1],
  options: {
    format: {
      type: "string",
      value: "FORMAT",
      what: "adapter: its own files, PEFT's layout (default); merged: for transformers; onnx",
    },
    output: {
      type: "string",
      short: "o",
      value: "FOLDER",
      what: "where to; a folder of its name by default",
    },
  },
  async run({ client, terminal, words, options, json }) {
    const format = options.text("format") ?? "adapter";
    if (!FORMATS.includes(format)) {
      throw new UsageError(`Expected --format to be one of ${FORMATS.join(", ")}, got '${format}'`);
    }
    const id = await checkpointOf(client, words[0]!);
    const files = await filesOf(client, id, format);
    const folder = options.text("output") ?? (format === "adapter" ? id : `${id}-${format}`);
    await Deno.mkdir(folder, { recursive: true });
    for (const file of files) await bring({ client, terminal, json }, id, file, folder);
    if (json) {
      const told = files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 }));
      terminal.json({ checkpoint: id, format, folder, files: told });
    } else terminal.print(folder);
    return EXIT.done;
  },
};

async function filesOf(client: Client, id: string, format: string): Promise<Listed[]> {
  const path = `/v1/checkpoints/${encodeURIComponent(id)}${format === "adapter" ? "" : `/exports/${format}`}`;
  const { files } = await client.call("GET", path);
  return files.map(({ name: path, bytes, sha256 }: Json) => {
    const name = path.split("/").at(-1)!;
    // What is a path on this machine is not the server's to say.
    if (!/^[\w-][\w.-]*$/.test(name)) {
      throw new Error(`The server names a file '${path}', which is no name of one`);
    }
    return { path, name, bytes, sha256 };
  });
}

/** Downloads a file that is not there yet. @throws Error when it is not what the server said */
async function bring(
  { client, terminal, json }: Pick<Given, "client" | "terminal" | "json">,
  checkpoint: string,
  { path, name, bytes, sha256 }: Listed,
  folder: string,
): Promise<void> {
  const whole = join(folder, name), part = `${whole}.part`;
  if (await sizeOf(whole) === bytes && await hashOf(whole) === sha256) return;
  const begun = Math.min(await sizeOf(part) ?? 0, bytes);
  const answer = await client.send("GET", `/v1/checkpoints/${encodeURIComponent(checkpoint)}/files/${path}`, {
    headers: begun > 0 && begun < bytes ? { range: `bytes=${begun}-`, "if-range": `"${sha256}"` } : {},
  });
  const goesOn = answer.status === 206;
  const file = await Deno.open(part, { write: true, create: true, append: goesOn, truncate: !goesOn });
  try {
    let have = goesOn ? begun : 0;
    for await (const chunk of answer.body!) {
      for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
      have += chunk.length;
      if (terminal.out.isTerminal && !json) terminal.draw([bar(name, have, bytes)]);
    }
  } finally {
    file.close();
  }
  if (await hashOf(part) !== sha256) {
    await Deno.remove(part);
    throw new Error(`${name} did not come as it was listed: try again`);
  }
  await Deno.rename(part, whole);
  if (!json) terminal.note(`${goesOn ? `went on at ${begun} bytes: ` : ""}${name}, ${bytes} bytes`);
}

function bar(name: string, have: number, bytes: number): string {
  const done = Math.round(BAR * have / Math.max(1, bytes));
  return `${"█".repeat(done)}${"░".repeat(BAR - done)} ${name}: ${(have / 1e6).toFixed(1)} of ${
    (bytes / 1e6).toFixed(1)
  } MB`;
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of (await Deno.open(path)).readable) hash.update(chunk);
  return hash.digest("hex");
}
