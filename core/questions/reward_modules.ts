/** Modules of the user's below DATA_DIR/rewards: checked, and run from copies below DATA_DIR/reward-modules. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { allFailed, type RewardQuestion, type Scored } from "../contract/reward_question.ts";
import type { RewardOf } from "../contract/reward_schema.ts";
import { UserError } from "../errors.ts";
import { isAbandoned } from "../formats/abandoned.ts";
import type { Logger } from "../log.ts";
import { childIdentity, endOrphan } from "../processes/process_identity.ts";
import { readModule, writeModule } from "./module_files.ts";
import { ModuleProcess } from "./module_process.ts";

const HARNESS = fileURLToPath(new URL("./module_harness.ts", import.meta.url));
/** In a copy's folder: which process runs it. */
const OWNER = "process";

/** Where a server's processes have folders of their own, which another server finds when that has died. */
const copiesIn = (dataDir: string) => join(dataDir, "reward-modules");

/** A new folder for a process of a user's program. @param owner as `childIdentity` gives it */
export async function ownFolder(dataDir: string, owner: string | null = null): Promise<string> {
  const folder = join(copiesIn(dataDir), crypto.randomUUID());
  await Deno.mkdir(folder, { recursive: true });
  if (owner !== null) await Deno.writeTextFile(join(folder, OWNER), owner);
  return folder;
}

export class RewardModules {
  readonly #dataDir: string;
  readonly #start_ms: number | undefined;

  /** @param start_ms how long a module may take to start */
  constructor(dataDir: string, start_ms?: number) {
    this.#dataDir = dataDir;
    this.#start_ms = start_ms;
  }

  get #copies(): string {
    return copiesIn(this.#dataDir);
  }

  /** Ends the processes that a dead server has left, and removes their copies. @param shared whether other servers have theirs there */
  async sweep(shared = false): Promise<void> {
    const folders = await Array.fromAsync(Deno.readDir(this.#copies)).catch(() => []);
    for (const { name } of folders) {
      const folder = join(this.#copies, name);
      const owner = await Deno.readTextFile(join(folder, OWNER)).catch(() => null);
      const wasOrphan = owner !== null && await endOrphan(owner);
      // Another machine's process may live long, and cannot be looked for here.
      if (shared && !wasOrphan && (owner !== null || !await isAbandoned(folder, shared))) continue;
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    }
  }

  /**
   * Loads a module and lets it go again.
   *
   * @returns the hash of what it is made of
   * @throws {UserError} `invalid_request` without a field, for what cannot be loaded
   */
  async check(reward: RewardOf<"module">, logger: Logger): Promise<string> {
    const module = await this.open(reward, logger);
    try {
      const fault = await module.load(new AbortController().signal);
      if (fault !== null) throw new UserError("invalid_request", `Cannot load '${reward.file}': ${fault}`);
      return module.sha256;
    } finally {
      await module.close();
    }
  }

  /** A copy of a module, with a process once it is asked. @throws {UserError} as `check` */
  async open(reward: RewardOf<"module">, logger: Logger): Promise<OpenModule> {
    const module = await readModule(join(this.#dataDir, "rewards"), reward.file);
    if (reward.sha256 !== null && reward.sha256 !== module.sha256) {
      throw new UserError(
        "invalid_request",
        `The module '${reward.file}' is not the one that is asked for: its SHA-256 is ${module.sha256}, not ${reward.sha256}`,
      );
    }
    const folder = await ownFolder(this.#dataDir);
    await writeModule(module, reward.file, join(folder, "files"));
    await Deno.copyFile(HARNESS, join(folder, "harness.ts"));
    const entry = join(folder, "entry.ts");
    // The harness comes first, before the module can have changed anything.
    await Deno.writeTextFile(
      entry,
      `import { serve } from "./harness.ts";\nimport * as module from "./files/${reward.file}";\nawait serve(module);\n`,
    );
    const { timeout_ms, memory_mb } = reward;
    const start = () => new ModuleProcess(entry, { timeout_ms, memory_mb, start_ms: this.#start_ms }, logger);
    return new OpenModule(folder, module.sha256, start);
  }
}

/** A module that can be asked, by one process after another where it does not live. */
export class OpenModule {
  readonly sha256: string;
  readonly #folder: string;
  readonly #start: () => ModuleProcess;
  #process: ModuleProcess | null = null;
  /** One question at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string, sha256: string, start: () => ModuleProcess) {
    this.#folder = folder;
    this.sha256 = sha256;
    this.#start = start;
  }

  /** Of the process that it has, or had last. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts its process. @returns why it cannot be; null when it runs */
  async load(signal: AbortSignal): Promise<string | null> {
    if (this.#process && !this.#process.ended) return null;
    this.#process = this.#start();
    const owner = childIdentity(this.#process.pid);
    if (owner) await Deno.writeTextFile(join(this.#folder, OWNER), owner);
    return await this.#process.ready(signal);
  }

  answer({ items }: RewardQuestion, signal: AbortSignal): Promise<Scored> {
    const answered = this.#turn.then(async () => {
      signal.throwIfAborted();
      const fault = await this.load(signal);
      if (fault !== null) return allFailed(items.length, `Cannot load the module: ${fault}`);
      return await this.#process!.answer(items, signal);
    });
    this.#turn = answered.catch(() => {});
    return answered;
  }

  async close(): Promise<void> {
    await this.#process?.end();
    await Deno.remove(this.#folder, { recursive: true }).catch(() => {});
  }
}

/** What of a module that is not what a job was created with ends the job. */
export function changedModule(thrown: unknown): unknown {
  return thrown instanceof UserError
    ? new UserError("reward_failed", thrown.message, [], { cause: thrown })
    : thrown;
}
