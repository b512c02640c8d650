/**
 * What a checkpoint keeps for a job that resumes, as the part `training_state` of its folder: the moments of each
 * optimizer, and in the manifest the loop's state and what it belongs to, the job and the files that it reads. Random
 * numbers have no state but seed and step. Nothing here is measured by a clock, so equal jobs write equal bytes.
 */
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { PpoJobConfig } from "../contract/ppo_job.ts";
import { isRecord } from "../formats/strict_json.ts";
import { damaged } from "../formats/checked_file.ts";
import { STATE_FOLDER } from "../formats/remove_training_state.ts";
import { type CheckpointPart, readCheckpoint, readPart } from "../formats/checkpoint_folder.ts";
import { type FileIdentity, filesOf, identityOf, sameIdentity } from "../formats/folder_identity.ts";
import { momentsFile, restoreMoments } from "../networks/moments.ts";
import type { Optimizer } from "../networks/optimizer.ts";
import { reproducible } from "./metric_sums.ts";
import type { Counters, LoopState } from "./step_loop.ts";

const FORMAT = 1;

/** A job's optimizers by the name of what they train. */
export type Optimizers = Readonly<Record<string, Optimizer>>;

/** The files of each folder that a job reads, by what it reads them as. */
export type BaseIdentity = Readonly<Record<string, readonly FileIdentity[]>>;

type Sources = Readonly<Record<string, string>>;

/** Names and versions of the files of all `sources`, the folders that a job reads. */
export function filesOfAll(sources: Sources): Promise<Record<string, Omit<FileIdentity, "sha256">[]>> {
  return mappedInTurn(sources, (folder) => filesOf(folder));
}

/** The same with hashes; it takes about a second a gigabyte. */
export function identityOfAll(
  sources: Sources,
  files: Readonly<Record<string, Omit<FileIdentity, "sha256">[]>>,
  signal: AbortSignal,
): Promise<BaseIdentity> {
  return mappedInTurn(sources, (folder, role) => identityOf(folder, files[role]!, signal));
}

/** What decides how a job goes on, its prompts or examples as their number and hash: there may be megabytes of them. */
export type JobIdentity = Readonly<Record<string, unknown>>;

/** Fields that decide nothing of what is computed. */
const BESIDES: ReadonlySet<string> = new Set(
  [
    "webhook",
    "metadata",
    "checkpoint_every_steps",
    "keep",
    "max_attempts",
    "replicas",
    "records",
  ] satisfies (keyof PpoJobConfig)[],
);

export function jobIdentity(job: object): JobIdentity {
  const decides = Object.entries(job).filter(([field]) => !BESIDES.has(field)).map(([field, value]) =>
    [field, Array.isArray(value) ? listIdentity(value) : value] as const
  );
  return JSON.parse(JSON.stringify(Object.fromEntries(decides)));
}

function listIdentity(items: readonly unknown[]): { count: number; sha256: string } {
  return { count: items.length, sha256: createHash("sha256").update(JSON.stringify(items)).digest("hex") };
}

/** JSON has none that are not finite, but a job may. */
const anyNumber = z.custom<number>((value) => typeof value === "number");

const judged = z.object({ best: z.number(), step: z.int(), since: z.int() }).nullable().optional();

const schema = z.object({
  format: z.literal(FORMAT),
  job: z.record(z.string(), z.unknown()),
  base: z.record(
    z.string(),
    z.array(
      z.object({ name: z.string(), bytes: z.number(), version: z.string(), sha256: z.string().nullable() }),
    ),
  ),
  /** Steps that each optimizer has taken. */
  optimizers: z.record(z.string(), z.int()),
  at: z.object({
    state: z.looseObject({ step: z.int().min(1), episodes: z.int(), tokens: z.int() }),
    sums: z.record(z.string(), z.object({ sum: anyNumber, count: z.int() })),
    metrics: z.record(z.string(), anyNumber),
    evaluation: z.record(z.string(), anyNumber).optional(),
    best: judged,
    stop: judged,
  }),
  /** Where random numbers and data are: both follow from the seed and the steps that are done. */
  random: z.object({ seed: z.int(), step: z.int() }),
  data: z.object({ epoch: z.int(), step_in_epoch: z.int() }),
});

/** The part of a checkpoint after the steps of `at`. */
export function trainingState<S extends Counters>(
  at: LoopState<S>,
  { job, base, optimizers, steps_per_epoch }: {
    job: JobIdentity;
    base: Promise<BaseIdentity>;
    optimizers: Optimizers;
    steps_per_epoch: number;
  },
): Record<string, CheckpointPart> {
  const { step } = at.state;
  // Now, and not when the file is written: the job is a step further then.
  const taken = mapped(optimizers, (optimizer) => optimizer.step);
  const stored = {
    ...at,
    sums: reproducible(at.sums),
    metrics: reproducible(at.metrics),
    ...(at.evaluation && { evaluation: reproducible(at.evaluation) }),
  };
  return {
    [STATE_FOLDER]: {
      files: Object.fromEntries(
        Object.entries(optimizers).map(([name, optimizer]) => [momentsOf(name), momentsFile(optimizer)]),
      ),
      facts: async () => ({
        format: FORMAT,
        job,
        base: await base,
        optimizers: taken,
        at: withNamedNumbers(stored),
        random: { seed: job.seed, step },
        data: { epoch: Math.floor(step / steps_per_epoch), step_in_epoch: step % steps_per_epoch },
      }),
    },
  };
}

/** A checkpoint to continue from. */
export interface Resumable<S extends Counters> {
  folder: string;
  at: LoopState<S>;
  optimizers: Readonly<Record<string, number>>;
  /** Of the files as they are now. */
  base: BaseIdentity;
}

/** What a checkpoint must be of. */
interface Wanted {
  job: JobIdentity;
  sources: Sources;
  /** Of the whole job. */
  steps: number;
}

/**
 * The first of `folders` that is whole, and of this job and these files; and those before it, which are not.
 *
 * @param passedOver is told why a folder is not taken
 */
export async function findResumable<S extends Counters>(
  folders: readonly string[],
  wanted: Wanted,
  passedOver: (folder: string, why: unknown) => void,
): Promise<{ found: Resumable<S> | null; damaged: string[] }> {
  const damaged: string[] = [];
  for (const folder of folders) {
    try {
      return { found: await readState(folder, wanted), damaged };
    } catch (thrown) {
      passedOver(folder, thrown);
      damaged.push(folder);
    }
  }
  return { found: null, damaged };
}

async function readState<S extends Counters>(
  folder: string,
  { job, sources, steps }: Wanted,
): Promise<Resumable<S>> {
  const { facts: stored, at } = await readStored<S>(folder);
  const other = [...new Set([...Object.keys(job), ...Object.keys(stored.job)])]
    // A field that came after the checkpoint was written is null in jobs that do not use it.
    .filter((field) => !agrees(job[field] ?? null, stored.job[field] ?? null));
  if (other.length > 0) throw damaged(`The checkpoint is of a job with another ${other.join(", ")}`);
  if (stored.at.state.step > steps) throw damaged(`The checkpoint is after step ${stored.at.state.step}`);
  const base: Record<string, FileIdentity[]> = {};
  for (const role of new Set([...Object.keys(sources), ...Object.keys(stored.base)])) {
    const [source, known] = [sources[role], stored.base[role]];
    const now = source !== undefined && known && await sameIdentity(source, known);
    if (!now) throw damaged(`The files of the job's ${role} are not those that it began with`);
    base[role] = now;
  }
  return { folder, at, optimizers: stored.optimizers, base };
}

/** What `trainingState` wrote, once all of the folder is what was written. @throws {UserError} `damaged_checkpoint` */
export async function readStored<S extends Counters>(
  folder: string,
): Promise<
  { facts: z.output<typeof schema>; at: LoopState<S>; optimizers: Readonly<Record<string, number>> }
> {
  const { facts } = await readPart(folder, STATE_FOLDER, await readCheckpoint(folder));
  const { data: stored, error } = schema.safeParse(withNumbers(facts));
  if (!stored) throw damaged(`What the checkpoint says of its training cannot be read: ${error.message}`);
  return { facts: stored, at: stored.at as unknown as LoopState<S>, optimizers: stored.optimizers };
}

/** Whether a field is what was stored of it. What came into it since then is at its default in a job from before. */
function agrees(field: unknown, stored: unknown): boolean {
  if (!isRecord(field) || !isRecord(stored)) return isDeepStrictEqual(field, stored);
  return Object.keys(stored).every((key) => agrees(field[key], stored[key]));
}

/** Sets the optimizers to what `trainingState` kept. @throws {UserError} `damaged_checkpoint` */
export async function restoreOptimizers(
  { folder, optimizers: taken }: Pick<Resumable<Counters>, "folder" | "optimizers">,
  optimizers: Optimizers,
): Promise<void> {
  for (const [name, optimizer] of Object.entries(optimizers)) {
    const step = taken[name];
    if (step === undefined) throw damaged(`The checkpoint has no moments of the ${name}`);
    await restoreMoments(`${folder}/${STATE_FOLDER}/${momentsOf(name)}`, optimizer, step);
  }
}

function momentsOf(name: string): string {
  return `${name}_moments.safetensors`;
}

async function mappedInTurn<A, B>(
  record: Readonly<Record<string, A>>,
  of: (value: A, name: string) => Promise<B>,
): Promise<Record<string, B>> {
  const results: Record<string, B> = {};
  for (const [name, value] of Object.entries(record)) results[name] = await of(value, name);
  return results;
}

function mapped<A, B>(record: Readonly<Record<string, A>>, of: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value)]));
}

const NUMBER = "$number";

/** Plain data with the numbers that JSON has no words for as objects: a job whose KL is not finite goes on with that. */
function withNamedNumbers(value: unknown): unknown {
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { [NUMBER]: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (Array.isArray(value)) return value.map(withNamedNumbers);
  return value !== null && typeof value === "object"
    ? mapped(value as Record<string, unknown>, withNamedNumbers)
    : value;
}

/** What `withNamedNumbers` was given. */
function withNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNumbers);
  if (value === null || typeof value !== "object") return value;
  return NUMBER in value ? Number(value[NUMBER]) : mapped(value as Record<string, unknown>, withNumbers);
}
