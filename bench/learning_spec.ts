/** A learning task as files that both systems read: its models, its prompts' ids, its settings. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSafetensors } from "../core/formats/safetensors.ts";
import { writeSafetensors } from "../core/formats/write_safetensors.ts";
import { type PpoJobConfig, ppoJobSchema } from "../core/contract/ppo_job.ts";
import { uniform } from "../core/rng.ts";
import { loadTokenizer } from "../core/tokenizer/tokenizer.ts";
import { writeRandomModel } from "../tasks/random_model.ts";
import { HEAD } from "../kernels/models/families.ts";
import { lastLine } from "./last_line.ts";
import type { LearningTask, RandomTask } from "./learning_tasks.ts";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** A task as both systems read it from a file. */
export interface LearningSpec {
  task: string;
  /** Folders. */
  model: string;
  reward_model: string | null;
  /** With every default filled in. */
  job: PpoJobConfig;
  prompt_ids: number[][];
  eos_token_id: number;
  /** The score is the share of ids below this instead of the job's reward; there is no tokenizer then. */
  wanted: number | null;
}

/** Names what a run depends on: weights, prompts and settings, not the folders they lie in. */
export async function keyOf(spec: LearningSpec, system: "proximal" | "trl"): Promise<string> {
  const { model, reward_model, job, ...facts } = spec;
  const { value, ...shared } = job;
  const hash = createHash("sha256").update(
    JSON.stringify([system, facts, shared, system === "trl" ? null : value]),
  );
  for (const folder of [model, ...(reward_model ? [reward_model] : [])]) {
    hash.update(await Deno.readFile(join(folder, "model.safetensors")));
  }
  return hash.digest("hex").slice(0, 12);
}

/**
 * Writes a task's models and the file that both systems read.
 *
 * @param models Folder of those that `task story --export` left.
 * @throws {RangeError} where they are needed and not given
 */
export async function writeSpec(
  task: string,
  { request, random, exported }: LearningTask,
  folder: string,
  models?: string,
): Promise<{ spec: LearningSpec; file: string }> {
  const job = ppoJobSchema.parse(request);
  if (exported && models === undefined) {
    throw new RangeError(`Task '${task}' needs --models FOLDER, which deno task story --export FOLDER makes`);
  }
  const policy = exported ? join(models!, "policy") : path("../models/tiny");
  const learned = exported ? join(models!, "reward") : join(folder, "learned");
  const reward_model = job.reward.type === "model" ? learned : null;
  if (reward_model && !exported) {
    await lastLine(Deno.execPath(), ["run", "-A", path("learned_reward.ts"), policy, reward_model]);
  }
  const texts = random ? null : await loadTokenizer(policy);
  const spec: LearningSpec = {
    task,
    model: random ? await writeFrequent(join(folder, task), random) : policy,
    reward_model,
    job,
    prompt_ids: texts
      ? job.prompts.map((prompt) => Array.from(texts.encode(prompt as string)))
      : randomPrompts(random!),
    eos_token_id: texts ? texts.eosTokenId! : Number(random!.config.eos_token_id),
    wanted: random?.wanted ?? null,
  };
  const file = join(folder, `${task}.json`);
  await Deno.writeTextFile(file, JSON.stringify(spec));
  return { spec, file };
}

/** A random model some of whose ids are written often: only their rows of the head are large. Gives its folder. */
async function writeFrequent(folder: string, { config, frequent, scale }: RandomTask): Promise<string> {
  await writeRandomModel(folder, config, { classifier: false, seed: 0 });
  const source = await openSafetensors(folder);
  const tensors: Parameters<typeof writeSafetensors>[1] = {};
  for (const name of source.names()) {
    const data = await source.readFloat32(name);
    const { shape } = source.info(name);
    // The first ids are special: nothing ends a response here.
    if (name === HEAD) {
      for (let at = 4 * shape[1]!; at < frequent * shape[1]!; at++) data[at]! *= scale;
    }
    tensors[name] = { dtype: "F32", shape, data };
  }
  source.close();
  await writeSafetensors(join(folder, "model.safetensors"), tensors, { format: "pt" });
  return folder;
}

function randomPrompts({ prompts, P, frequent }: RandomTask): number[][] {
  const id = (row: number, column: number) =>
    4 + Math.floor(uniform(1, "data", 0, row, column) * (frequent - 4));
  return Array.from(
    { length: prompts },
    (_, row) => Array.from({ length: P }, (_, column) => id(row, column)),
  );
}
