/** Which policy a command means: a model, a checkpoint of one, or the last of a job. */
import { type Client, jobPath, type Json } from "./client.ts";
import type { Options } from "./command.ts";
import { UsageError } from "./usage_error.ts";

export const policyOptions = {
  model: { type: "string", short: "m", value: "MODEL", what: "a model, or what it is called by" },
  checkpoint: {
    type: "string",
    short: "c",
    value: "CHECKPOINT",
    what: "a checkpoint; its model need not be named",
  },
  job: { type: "string", short: "j", value: "JOB", what: "the job's best checkpoint, or else its last" },
} as const;

/** The fields that name it in a request. */
export async function policyOf(
  client: Client,
  options: Options,
): Promise<{ model: string; checkpoint: string | null }> {
  const job = options.text("job");
  const checkpoint = options.text("checkpoint") ??
    (job === undefined ? null : await checkpointOf(client, job));
  const model = options.text("model");
  if (model !== undefined) return { model, checkpoint };
  if (checkpoint === null) throw new UsageError("Expected --model, --checkpoint or --job");
  const { job_id } = await client.call("GET", `/v1/checkpoints/${encodeURIComponent(checkpoint)}`);
  return { model: (await client.call("GET", jobPath(job_id))).model, checkpoint };
}

/** The id of a checkpoint: itself, or of a job its best, or its last. @throws UsageError when the job has none */
export async function checkpointOf(client: Client, id: string): Promise<string> {
  if (!id.startsWith("job_")) return id;
  const job: Json = await client.call("GET", jobPath(id));
  const found = job.best_checkpoint ?? job.checkpoint;
  if (found) return found;
  throw new UsageError(`${id} has no checkpoint yet: it is ${job.status}`);
}
