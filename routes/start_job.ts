/** What starts a job, or checks one: the part of a POST's route and handler that all kinds share. */
import { z } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { dryRunSchema, jobSchema } from "../core/contract/job_answers.ts";
import { replicasOf } from "../core/contract/job.ts";
import type { TrainingJobConfig } from "../core/contract/training_job.ts";
import { splitRewardSecrets } from "../core/contract/reward_secrets.ts";
import { checkReward } from "../core/questions/check_reward.ts";
import { checkRollouts } from "../core/questions/check_rollouts.ts";
import { attributed } from "../core/errors.ts";
import { idempotencyKey } from "../core/idempotency_key.ts";
import { withoutFineTunedNames } from "../core/jobs/fine_tuned_names.ts";
import { resolveFolders } from "../core/jobs/resolve_folders.ts";
import { effectiveJob, findSubmission, submitJob } from "../core/jobs/submit_job.ts";
import { asker } from "./asker.ts";
import type { AppContext, Env } from "./context.ts";
import { jsonContent } from "./json_content.ts";
import { problemResponses } from "./problem.ts";
import { undescribed } from "./undescribed.ts";

/** The headers of such a POST. */
export const startHeaders = z.object({
  "idempotency-key": z.string().min(1).max(255).optional().describe(
    "Makes the request safe to repeat for 24 hours: the same key and request give the stored answer.",
  ),
});

export const startResponses = {
  202: { description: "The queued job, with its webhook's secret", content: jsonContent(jobSchema) },
  ...problemResponses(400, 401, 409, 413, 415, 422, 503),
};

export const dryRunResponses = {
  200: {
    description: "What the job would be and need; nothing was created",
    content: jsonContent(dryRunSchema),
  },
  ...problemResponses(400, 401, 413, 415, 422, 503),
};

/** A dry run by its earlier name, `?dry_run=true` of the POST itself: answered, and not in the document. */
const aliasQuery = z.strictObject({ dry_run: z.enum(["true", "false"]).default("false") });

/** Whether the POST is a dry run by its query. @throws z.ZodError for a query with anything else in it */
function asksDryRun(c: Context<Env>): boolean {
  const given = Object.entries(c.req.queries()).map(([key, [value, ...more]]) =>
    [key, more.length > 0 ? [value, ...more] : value] as const
  );
  return aliasQuery.parse(Object.fromEntries(given)).dry_run === "true";
}

/** Middleware before such a POST's body is read: refuses what its query may not have. */
export const startQuery: MiddlewareHandler<Env> = async function startQuery(c, next) {
  asksDryRun(c);
  await next();
};

/** A webhook's URL is refused while its sender can still be told. */
function checkWebhook({ guard }: AppContext, { webhook }: TrainingJobConfig): void {
  try {
    if (webhook) guard.precheck(webhook.url);
  } catch (error) {
    throw attributed("webhook.url", error);
  }
}

/** Answers a request for the job `given`. @param header the request's Idempotency-Key */
export async function startJob(
  context: AppContext,
  c: Context<Env>,
  given: TrainingJobConfig,
  header: string | undefined,
) {
  const { db, supervisor } = context;
  if (asksDryRun(c)) return undescribed(await dryRun(context, c, given));
  const config = onDevice(context, given);
  const owner = c.get("caller")?.id ?? null;
  const key = header === undefined ? null : idempotencyKey(owner ?? "", header, config);
  let submission = key && await findSubmission(db, key);
  if (!submission) {
    const { checked, plan } = await checkJob(context, c, config);
    submission = await submitJob(db, checked, plan, key, owner);
    c.get("logger").info("Job created", { job_id: submission.job_id });
    supervisor.wake();
  }
  return undescribed(c.body(submission.response, 202, {
    "content-type": "application/json",
    location: `/v1/training-jobs/${submission.job_id}`,
  }));
}

/** Answers what the job `given` would be and need; nothing is created. */
export async function dryRun(context: AppContext, c: Context<Env>, given: TrainingJobConfig) {
  const { checked, plan } = await checkJob(context, c, onDevice(context, given));
  return c.json({ ...effectiveJob(checked), plan }, 200);
}

function onDevice(context: AppContext, given: TrainingJobConfig): TrainingJobConfig {
  return { ...given, device: given.device ?? context.device };
}

/** What the job needs. @throws UserError for what only models, datasets or other servers can say is wrong */
async function checkJob(context: AppContext, c: Context<Env>, given: TrainingJobConfig) {
  const config = await withoutFineTunedNames(context.db, given);
  checkWebhook(context, config);
  context.launcher.require(replicasOf(config));
  if ("rollouts" in config && config.rollouts) checkRollouts(config.rollouts, context);
  const checked = "reward" in config
    ? { ...config, reward: await checkReward(config.reward, context, c.get("logger")) }
    : config;
  const folders = await resolveFolders(context, checked);
  const job = { ...splitRewardSecrets(checked).config, webhook: null };
  const plan = await context.serving.request({ type: "check", job, folders }, asker(c));
  return { checked, plan };
}
