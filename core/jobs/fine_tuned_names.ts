/** Fine-tuned models by name: lists of them, and names in requests → the checkpoints and base models that they stand for, wherever one is taken. */
import { inArray } from "drizzle-orm";
import type { Database } from "../db/open_database.ts";
import { type CheckpointRow, checkpoints, type JobRow, jobs, rowNumber } from "../db/schema.ts";
import { readableRows } from "../db/readable_rows.ts";
import { checkpointOfName, fineTunedName, isFineTunedName } from "../contract/fine_tuned_name.ts";
import { isCheckpointId } from "../contract/policy_names.ts";
import { type RewardConfig, rewardNodes } from "../contract/reward_schema.ts";
import { invalid } from "../errors.ts";
import { findCheckpoint, getJob, HAS_FILES } from "./job_queries.ts";

/** A checkpoint and the job that it is of. */
export interface FineTuned {
  checkpoint: CheckpointRow;
  job: JobRow;
}

/** What a fine-tuned model's name, or a checkpoint's id, stands for; null where there is none. */
export async function findFineTuned(db: Database, name: string): Promise<FineTuned | null> {
  const id = isCheckpointId(name) ? name : checkpointOfName(name);
  const checkpoint = id === null ? null : await findCheckpoint(db, id);
  if (!checkpoint) return null;
  const job = await getJob(db, checkpoint.job_id);
  return isCheckpointId(name) || name === fineTunedName(job, checkpoint.id) ? { checkpoint, job } : null;
}

/** A fine-tuned model as lists have it. */
export interface ListedFineTuned {
  name: string;
  checkpoint: CheckpointRow;
  /** The base. */
  model: string;
  kind: JobRow["kind"];
}

/** As lists have the fine-tuned model that a checkpoint is. */
export function listedFineTuned(
  checkpoint: CheckpointRow,
  { model, suffix, kind }: Pick<JobRow, "model" | "suffix" | "kind">,
): ListedFineTuned {
  return { name: fineTunedName({ model, suffix }, checkpoint.id), checkpoint, model, kind };
}

/** Every checkpoint that is for anybody, newest first, `limit` at most. */
export async function listFineTuned(db: Database, limit: number): Promise<ListedFineTuned[]> {
  const rows = await readableRows(db, checkpoints, {
    record: "The checkpoint in row",
    where: HAS_FILES,
    number: rowNumber(checkpoints),
    newestFirst: true,
    limit,
  });
  const { id, model, suffix, kind } = jobs;
  const ids = [...new Set(rows.map(({ job_id }) => job_id))];
  const of = await db.read.select({ id, model, suffix, kind }).from(jobs).where(inArray(id, ids));
  const byId = new Map(of.map((job) => [job.id, job]));
  return rows.flatMap((row) => {
    const job = byId.get(row.job_id);
    return job ? [listedFineTuned(row, job)] : [];
  });
}

/** @throws UserError `unknown_checkpoint` of the field `path` */
async function checkpointIn(db: Database, name: string, path: string): Promise<FineTuned> {
  const found = await findFineTuned(db, name);
  if (!found) throw invalid(path, `There is no fine-tuned model '${name}'`, "unknown_checkpoint");
  return found;
}

/** What of a request may name a fine-tuned model. */
interface Named {
  model?: string;
  checkpoint?: string | null;
  adapter?: string | null;
  against?: string | null;
  reward?: RewardConfig | null;
  prompts?: readonly unknown[];
}

const isName = (value: unknown): value is string => typeof value === "string" && isFineTunedName(value);

/**
 * The request with every name of a fine-tuned model in it replaced: as `model` by the base and the `checkpoint`, anywhere else
 * by the checkpoint's id.
 *
 * @throws UserError `unknown_checkpoint` with the field; `invalid_request` for a fine-tuned model beside another policy
 */
export async function withoutFineTunedNames<T extends Named>(db: Database, request: T): Promise<T> {
  const changed: Named = {};
  if (isName(request.model)) {
    const { job, checkpoint } = await checkpointIn(db, request.model, "model");
    if (request.checkpoint != null || request.adapter != null) {
      const field = request.checkpoint != null ? "checkpoint" : "adapter";
      throw invalid(field, `Expected none beside the fine-tuned model '${request.model}'`);
    }
    changed.model = job.model;
    changed.checkpoint = checkpoint.id;
  }
  for (const field of ["checkpoint", "against"] as const) {
    const name = request[field];
    if (isName(name)) changed[field] = (await checkpointIn(db, name, field)).checkpoint.id;
  }
  if (request.reward) changed.reward = await ofReward(db, request.reward);
  if (request.prompts) changed.prompts = await ofPrompts(db, request.prompts);
  return { ...request, ...changed };
}

/** Reward models inside a reward, however deep. */
async function ofReward(db: Database, reward: RewardConfig): Promise<RewardConfig> {
  const copy = structuredClone(reward);
  for (const node of rewardNodes(copy)) {
    if (node.type !== "model" || !isName(node.model)) continue;
    node.model = (await checkpointIn(db, node.model, "reward")).checkpoint.id;
  }
  return copy;
}

/** Policies of single prompts. */
async function ofPrompts(db: Database, prompts: readonly unknown[]): Promise<readonly unknown[]> {
  const named = (prompt: unknown): prompt is { checkpoint: string } =>
    isName((Object(prompt) as { checkpoint?: unknown }).checkpoint);
  if (!prompts.some(named)) return prompts;
  return await Promise.all(prompts.map(async (prompt, index) => {
    if (!named(prompt)) return prompt;
    const { checkpoint } = await checkpointIn(db, prompt.checkpoint, `prompts.${index}.checkpoint`);
    return { ...prompt, checkpoint: checkpoint.id };
  }));
}
