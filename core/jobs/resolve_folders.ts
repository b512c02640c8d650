/** Names in a request → folders on this machine. The engine gets folders only; a client never sees one. */
import { join } from "node:path";
import type { Database } from "../db/open_database.ts";
import type { ModelFolders, RewardFolder } from "../contract/protocol.ts";
import { attributeTo, invalid, UserError } from "../errors.ts";
import { ONNX_FOLDER } from "../formats/text_classifier_folder.ts";
import { checkListed } from "../formats/checkpoint_folder.ts";
import { resolveAdapter, resolveModel } from "../models/model_folder.ts";
import { modelKey } from "../formats/model_name.ts";
import type { ModelRoot } from "../models/model_places.ts";
import {
  rewardClassifiers,
  type RewardConfig,
  rewardGraders,
  rewardModels,
} from "../contract/reward_schema.ts";
import { isFineTunedName } from "../contract/fine_tuned_name.ts";
import { isCheckpointId } from "../contract/policy_names.ts";
import { findDataset } from "../datasets/datasets.ts";
import { DATASETS_FOLDER, SURVEYS_FOLDER } from "../formats/row_store.ts";
import { columnMap, type DatasetColumns } from "../contract/dataset.ts";
import { ROWS_FIELDS } from "../contract/job_rows.ts";
import type { JobKind } from "../contract/training_job.ts";
import { makeFolder } from "../formats/atomic_file.ts";
import { findFineTuned } from "./fine_tuned_names.ts";
import { findCheckpoint, getJob } from "./job_queries.ts";

export interface FolderSources {
  db: Database;
  /** Absolute folders that models are searched in. */
  modelRoots: readonly ModelRoot[];
  /** Absolute. */
  dataDir: string;
  /** Whether a judge answers for models that are not here. */
  hasJudge?: boolean;
}

/** What a request names. */
export interface Names {
  model: string;
  checkpoint?: string | null;
  adapter?: string | null;
  against?: string | null;
  reward?: RewardConfig | null;
  kind?: JobKind;
  dataset?: string | null;
  columns?: DatasetColumns;
}

/**
 * Finds the folder of everything a request names.
 *
 * @throws UserError `unknown_model`, `unknown_checkpoint` or `invalid_request`, with the field.
 */
export async function resolveFolders(sources: FolderSources, names: Names): Promise<ModelFolders> {
  const rewards: Record<string, RewardFolder> = {};
  for (const name of names.reward ? rewardModels(names.reward) : []) {
    rewards[name] = isCheckpointId(name)
      ? await rewardCheckpoint(sources, name)
      : await attributeTo("reward", resolveModel(sources.modelRoots, name));
  }
  const classifiers: [string, string][] = [];
  for (const name of names.reward ? rewardClassifiers(names.reward) : []) {
    classifiers.push([name, await attributeTo("reward", resolveModel(sources.modelRoots, name))]);
  }
  for (const name of names.reward ? rewardGraders(names.reward) : []) {
    const found = await attributeTo("reward", graderFolder(sources, name));
    if (found?.classifier !== undefined) classifiers.push([name, found.classifier]);
    if (found?.reward !== undefined) rewards[name] = found.reward;
  }
  return {
    model: await attributeTo("model", resolveModel(sources.modelRoots, names.model)),
    ...(names.checkpoint != null &&
      { checkpoint: await checkpointFolder(sources, names.checkpoint, names.model) }),
    ...(names.adapter != null &&
      { adapter: await attributeTo("adapter", resolveAdapter(sources.modelRoots, names.adapter)) }),
    ...(names.against != null && names.against !== "base" &&
      { against: await checkpointFolder(sources, names.against, names.model, "against") }),
    rewards,
    ...(classifiers.length > 0 && { classifiers: Object.fromEntries(classifiers) }),
    ...(names.dataset != null && await datasetFolders(sources, names.dataset, names)),
  };
}

/**
 * The model that a score_model grader names: a ready classifier, a reward model, or none of this server's, which the judge
 * is asked for.
 *
 * @throws {UserError} `unknown_model` where there is no judge
 */
export async function graderFolder(
  sources: FolderSources,
  name: string,
): Promise<{ classifier?: string; reward?: RewardFolder } | null> {
  if (isCheckpointId(name)) return { reward: await rewardCheckpoint(sources, name) };
  let folder: string;
  try {
    folder = await resolveModel(sources.modelRoots, name);
  } catch (thrown) {
    if (!(thrown instanceof UserError) || thrown.code !== "unknown_model") throw thrown;
    if (sources.hasJudge) return null;
    throw new UserError(
      "unknown_model",
      `${thrown.message}; and no judge is configured that could be asked: see GRADER_BASE_URL`,
    );
  }
  const isReady = await Deno.stat(join(folder, ONNX_FOLDER)).then(
    ({ isDirectory }) => isDirectory,
    () => false,
  );
  return isReady ? { classifier: folder } : { reward: folder };
}

/** A dataset's folders, once it is known to have the columns that the job reads. */
async function datasetFolders(
  { db, dataDir }: FolderSources,
  id: string,
  { kind, columns }: Names,
): Promise<Pick<ModelFolders, "dataset" | "surveys">> {
  const row = await findDataset(db, id).catch((error) => {
    if (error instanceof UserError && error.code === "not_found") {
      throw invalid("dataset", `There is no dataset '${id}'`, "unknown_dataset");
    }
    throw error;
  });
  if (kind) columnMap(ROWS_FIELDS[kind], columns ?? null, row.columns);
  const surveys = join(dataDir, SURVEYS_FOLDER, id);
  await makeFolder(surveys);
  return { dataset: join(dataDir, DATASETS_FOLDER, id), surveys };
}

/**
 * What a request names that has one name for either: the checkpoint of that id or fine-tuned name, and its model; or the model. `isReward` is
 * for a checkpoint that gives scores and no text.
 *
 * @throws UserError `unknown_checkpoint` for what looks like one of a checkpoint and is none.
 */
export async function resolveName(
  { db }: Pick<FolderSources, "db">,
  name: string,
): Promise<{ model: string; checkpoint: string | null; isReward: boolean }> {
  if (!isCheckpointId(name) && !isFineTunedName(name)) {
    return { model: name, checkpoint: null, isReward: false };
  }
  const found = await findFineTuned(db, name);
  if (!found) {
    const what = isCheckpointId(name) ? "checkpoint" : "fine-tuned model";
    throw invalid("model", `There is no ${what} '${name}'`, "unknown_checkpoint");
  }
  const { job: { model, kind }, checkpoint } = found;
  return { model, checkpoint: checkpoint.id, isReward: kind === "reward_model" };
}

/** A reward model that was trained here, and the model that it was trained on. */
async function rewardCheckpoint(sources: FolderSources, id: string): Promise<RewardFolder> {
  const { db, dataDir, modelRoots } = sources;
  const row = await findCheckpoint(db, id);
  if (!row) throw invalid("reward", `There is no checkpoint '${id}'`, "unknown_checkpoint");
  const job = await getJob(db, row.job_id);
  if (job.kind !== "reward_model") {
    const message =
      `Expected a classifier, or a checkpoint of a job of kind reward_model, got '${id}' of one of kind ${job.kind}`;
    throw invalid("reward", message, "unsupported_model");
  }
  const checkpoint = join(dataDir, row.folder);
  await attributeTo("reward", checkListed(checkpoint, row.files));
  return { model: await attributeTo("reward", resolveModel(modelRoots, job.model)), checkpoint };
}

async function checkpointFolder(
  { db, dataDir }: FolderSources,
  id: string,
  model: string,
  field = "checkpoint",
): Promise<string> {
  const row = await findCheckpoint(db, id);
  if (!row) throw invalid(field, `There is no checkpoint '${id}'`, "unknown_checkpoint");
  const job = await getJob(db, row.job_id);
  if (modelKey(job.model) !== modelKey(model)) {
    throw invalid(field, `The checkpoint belongs to model '${job.model}', not to '${model}'`);
  }
  const folder = join(dataDir, row.folder);
  await attributeTo(field, checkListed(folder, row.files));
  return folder;
}
