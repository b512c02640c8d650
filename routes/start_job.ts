/** What starts a job, or checks one: the part of a POST's route and handler that all kinds share. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { dryRunSchema, jobSchema } from "../core/contract/job_answers.ts";
import type { TrainingJobConfig } from "../core/contract/training_job.ts";
import { splitRewardSecrets } from "../core/contract/reward_secrets.ts";
import { checkReward } from "../core/questions/check_reward.ts";
import { attributed } from "../core/errors.ts";
import { idempotencyKey } from "../core/idempotency_key.ts";
import { withoutFineTunedNames } from "../core/jobs/fine_tuned_names.ts";
import { resolveFolders } from "../core/jobs/resolve_folders.ts";
import { effectiveJob, findSubmission, submitJob } from "../core/jobs/submit_job.ts";
import { asker } from "./asker.ts";
import type { AppContext, Env } from "./context.ts";
import { problemResponses } from "./problem.ts";
import { undescribed } from "./undescribed.ts";

const json = <T extends z.ZodType>(schema: T) => ({ "application/json": { schema } });

/** The query and headers of such a POST. */
export const startRequest = {
  query: z.strictObject({ dry_run: z.enum(["true", "false"]).default("false") }),
  headers: z.object({ "idempotency-key": z.string().min(1).max(255).optional() }),
};

export const startResponses = {
  200: {
    description: "dry_run: what the job would be and need; nothing was created",
    content: json(dryRunSchema),
  },
  202: { description: "The queued job, with its webhook's secret", content: json(jobSchema) },
  ...problemResponses(400, 401, 409, 413, 415, 422, 503),
};

/** A webhook's URL is refused while its sender can still be told. */
function checkWebhook({ guard }: AppContext, { webhook }: TrainingJobConfig): void {
  try {
    if (webhook) guard.precheck(webhook.url);
  } catch (error) {
    throw attributed("webhook.url", error);
  }
}

/** Answers a request for the job `given`. */
export async function startJob(
  context: AppContext,
  c: Context<Env>,
  given: TrainingJobConfig,
  { dryRun, header }: { dryRun: boolean; header: string | undefined },
) {
  const { db, serving, supervisor } = context;
  let config = { ...given, device: given.device ?? context.device };
  const owner = c.get("caller")?.id ?? null;
  const key = header === undefined || dryRun ? null : idempotencyKey(owner ?? "", header, config);
  let submission = key && await findSubmission(db, key);
  if (!submission) {
    config = await withoutFineTunedNames(db, config);
    checkWebhook(context, config);
    if ("reward" in config) {
      config = { ...config, reward: await checkReward(config.reward, context, c.get("logger")) };
    }
    const folders = await resolveFolders(context, config);
    const job = { ...splitRewardSecrets(config).config, webhook: null };
    const plan = await serving.request({ type: "check", job, folders }, asker(c));
    if (dryRun) return undescribed(c.json({ ...effectiveJob(config), plan }, 200));
    submission = await submitJob(db, config, plan, key, owner);
    c.get("logger").info("Job created", { job_id: submission.job_id });
    supervisor.wake();
  }
  return undescribed(c.body(submission.response, 202, {
    "content-type": "application/json",
    location: `/v1/training-jobs/${submission.job_id}`,
  }));
}
