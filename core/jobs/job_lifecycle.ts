/**
 * What clients do to a job: create it, cancel, pause and resume it. One transaction each, which moves the job along the
 * table in `job_states.ts` and writes the event and the webhook that tell of it. What an engine's end does to it is in
 * `end_attempt.ts`.
 */
import { eq } from "drizzle-orm";
import { MEASURES } from "../metrics/measures.ts";
import { newId } from "../db/new_id.ts";
import type { Database, Transaction } from "../db/open_database.ts";
import { datasets, type JobRow, jobs } from "../db/schema.ts";
import { epochsOf } from "../contract/job.ts";
import type { JobPlan } from "../contract/job_plan.ts";
import { splitRewardSecrets } from "../contract/reward_secrets.ts";
import { splitRows } from "../contract/job_rows.ts";
import type { Progress } from "../contract/progress.ts";
import { invalid, UserError } from "../errors.ts";
import type { TrainingJobConfig } from "../contract/training_job.ts";
import { newWebhookSecret } from "../outbound/signature.ts";
import { isFinal, type JobStatus } from "../contract/job_states.ts";
import { emitEvent } from "./emit_event.ts";
import { emitPaused } from "./end_attempt.ts";
import { insertRows } from "./job_rows.ts";
import { moveJob } from "./move_job.ts";

/** The columns that hold a configuration. */
export function configColumns(config: TrainingJobConfig) {
  const { rows, rest: { webhook, metadata, ...open } } = splitRows(config);
  const { config: stored, secrets } = splitRewardSecrets(open);
  return {
    kind: config.kind,
    model: config.model,
    config: stored,
    row_count: rows.length,
    metadata,
    reward_secrets: secrets,
    webhook_url: webhook?.url ?? null,
    webhook_secret: webhook ? webhook.secret ?? newWebhookSecret() : null,
  };
}

/** Progress of a job that has done nothing yet. */
export function initialProgress(config: { kind: string; epochs?: number }, plan: JobPlan): Progress {
  return {
    epoch: 0,
    epochs: epochsOf(config),
    step: 0,
    steps: plan.steps,
    episodes: 0,
    tokens: 0,
    eta_seconds: null,
  };
}

/**
 * Adds a queued job; the caller's transaction may write more that belongs to the request.
 *
 * @param owner Id of the API key that asked for it; null where none is needed.
 * @param named its id where it has one already, and what its fine-tuned models' names have of their own
 */
export async function createJob(
  tx: Transaction,
  config: TrainingJobConfig,
  plan: JobPlan,
  owner: string | null = null,
  { id = newId("job"), suffix = null }: { id?: string; suffix?: string | null } = {},
): Promise<JobRow> {
  const dataset = config.dataset === null ? null : await requireDataset(tx, config.dataset);
  const [job] = await tx.insert(jobs).values({
    id,
    status: "queued",
    ...configColumns(config),
    suffix,
    ...(dataset && { row_count: dataset.rows }),
    plan,
    progress: initialProgress(config, plan),
    owner,
    created_at: new Date(),
  }).returning();
  await insertRows(tx, job!.id, splitRows(config).rows);
  await emitEvent(tx, job!, "training_job.queued");
  return job!;
}

/** A dataset that may have been deleted since the request was checked. @throws {UserError} `unknown_dataset` */
async function requireDataset(tx: Transaction, id: string): Promise<{ rows: number }> {
  const [row] = await tx.select({ rows: datasets.rows }).from(datasets).where(eq(datasets.id, id));
  if (!row) throw invalid("dataset", `There is no dataset '${id}'`, "unknown_dataset");
  return row;
}

/** Where a verb leads from a state: to another, or to the same where it was said before. */
type Verb = Partial<Record<JobStatus, JobStatus>>;

/** What somebody may ask of a job, by where it is then; a state without an entry refuses. */
const VERBS = {
  cancel: {
    ...{ queued: "cancelled", running: "cancelling", pausing: "cancelling", paused: "cancelled" },
    cancelling: "cancelling",
  },
  pause: { queued: "paused", running: "pausing", pausing: "pausing" },
  resume: { paused: "queued" },
} as const satisfies Record<string, Verb>;

/** What tells of each state that a verb leads to. */
const TOLD = {
  cancelled: (tx, job) => emitEvent(tx, job, "training_job.cancelled"),
  cancelling: (tx, job) => emitEvent(tx, job, "training_job.cancelling"),
  pausing: (tx, job) => emitEvent(tx, job, "training_job.pausing"),
  paused: emitPaused,
  queued: (tx, job) => emitEvent(tx, job, "training_job.resumed", { progress: job.progress }),
} satisfies Partial<Record<JobStatus, (tx: Transaction, job: JobRow) => Promise<void>>>;

/**
 * Does to a job what somebody asks. Asking again for what is under way changes nothing.
 *
 * @returns the job as it is then
 * @throws UserError `not_found`, or `wrong_state` when its state does not allow it.
 */
export async function askOfJob(db: Database, id: string, verb: keyof typeof VERBS): Promise<JobRow> {
  const asked = await write(db, id, verb);
  // One that has an engine ends with its attempt.
  if (isFinal(asked.status)) MEASURES.job_ends_total.add([asked.status]);
  return asked;
}

function write(db: Database, id: string, verb: keyof typeof VERBS): Promise<JobRow> {
  return db.write(async (tx) => {
    const [before] = await tx.select().from(jobs).where(eq(jobs.id, id));
    if (!before) throw new UserError("not_found", `No training job '${id}'`);
    const to = (VERBS[verb] as Partial<Record<JobStatus, keyof typeof TOLD>>)[before.status];
    if (to === before.status) return before;
    const moved = to && await moveJob(tx, id, to);
    if (!moved) {
      const states = Object.keys(VERBS[verb]).join(", ");
      throw new UserError(
        "wrong_state",
        `Cannot ${verb} the job as its status is ${before.status}: expected one of ${states}`,
      );
    }
    await TOLD[to](tx, moved);
    return moved;
  });
}
