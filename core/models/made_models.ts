/**
 * Models that are made here, from a bare configuration or of a checkpoint: folders below DATA_DIR/models beside those
 * from a hub. One is written where engines may write, and gets its name in one step when it is whole.
 */
import { createHash } from "node:crypto";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { MadeModel } from "../contract/model.ts";
import { invalid, UserError } from "../errors.ts";
import { isAbandoned } from "../formats/abandoned.ts";
import { makeFolder, syncFolder, syncTree, writeFileAtomic } from "../formats/atomic_file.ts";
import type { AskOptions } from "../processes/serving_engine.ts";
import { MADE_RECORD, readMadeRecord } from "./made_record.ts";

/** Not a name that a model or a download can have. */
const PARTIAL = ".making-";

export interface MadeModelsOptions {
  /** Where finished models lie. */
  root(): string;
  /** Where engines may write. */
  scratch: string;
  /** Writes the model's files as the folder `output`. */
  write(model: MadeModel, output: string, asked: AskOptions): Promise<void>;
}

/** The name of a model that was given none. */
export function madeName(model: MadeModel): string {
  if ("checkpoint" in model) return `model-${model.checkpoint.replace(/^ckpt_/, "")}`;
  const hash = createHash("sha256").update(JSON.stringify(model)).digest("hex");
  return `${model.config.family}-${hash.slice(0, 8)}`;
}

export class MadeModels {
  readonly #options: MadeModelsOptions;
  readonly #running = new Set<string>();

  constructor(options: MadeModelsOptions) {
    this.#options = options;
  }

  /** What a finished model was made of; null for one that was not made here. */
  async record(name: string): Promise<MadeModel | null> {
    return await readMadeRecord(join(this.#options.root(), name));
  }

  /**
   * Makes a model whose name is free.
   *
   * @throws {UserError} `wrong_state` while another request makes one of this name, and what the engine throws
   */
  async make(name: string, model: MadeModel, asked: AskOptions): Promise<void> {
    if (this.#running.has(name)) throw taken(name, "is being made");
    this.#running.add(name);
    const { scratch, root, write } = this.#options;
    // Another server that shares the folders may make one of the same name.
    const partial = `${PARTIAL}${name}-${crypto.randomUUID()}`;
    const made = join(scratch, partial);
    try {
      await makeFolder(scratch);
      await write(model, made, asked);
      const record = new TextEncoder().encode(JSON.stringify(model));
      await writeFileAtomic(join(made, MADE_RECORD), [record]);
      await moveFolder(made, join(root(), partial), join(root(), name)).catch((thrown) => {
        throw ["ENOTEMPTY", "EEXIST"].includes((thrown as { code?: string }).code ?? "")
          ? taken(name)
          : thrown;
      });
    } finally {
      this.#running.delete(name);
      await Deno.remove(made, { recursive: true }).catch(() => {});
    }
  }

  /** Deletes a model that was made here. */
  async remove(name: string): Promise<void> {
    await Deno.remove(join(this.#options.root(), name), { recursive: true });
  }
}

/** A name that another model has. */
export function taken(name: string, how = "is there already"): UserError {
  return invalid("name", `Expected a name that is free: a model '${name}' ${how}`, "wrong_state");
}

/** Removes what a server that died has left in the folders where models are made. Only while none is made at this server. */
export async function sweepMadeModels(folders: readonly string[], shared = false): Promise<void> {
  for (const folder of folders) {
    for await (const { name } of entriesOf(folder)) {
      const path = join(folder, name);
      if (name.startsWith(PARTIAL) && await isAbandoned(path, shared)) {
        await Deno.remove(path, { recursive: true });
      }
    }
  }
}

/** Moves a folder in one step, by way of `beside` where it comes from another file system. */
async function moveFolder(from: string, beside: string, to: string): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch (thrown) {
    if ((thrown as { code?: string }).code !== "EXDEV") throw thrown;
    await cp(from, beside, { recursive: true });
    await syncTree(beside);
    await Deno.rename(beside, to);
  }
  await syncFolder(join(to, ".."));
}

async function* entriesOf(folder: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(folder);
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
  }
}
