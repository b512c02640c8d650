/** Fine-tuning jobs as OpenAI's clients create, watch and end them. What they become is `core/fine_tuning/`'s. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { cutText } from "../../core/cut_text.ts";
import type { EventRow } from "../../core/db/schema.ts";
import { attributed, attributeTo, invalid, UserError, withFields } from "../../core/errors.ts";
import { type FineTune, getFineTune, listFineTunes } from "../../core/fine_tuning/fine_tune.ts";
import { withoutFineTunedNames } from "../../core/jobs/fine_tuned_names.ts";
import { eventSeq, listCheckpoints, listEvents } from "../../core/jobs/job_queries.ts";
import { resolveFolders } from "../../core/jobs/resolve_folders.ts";
import { findModel, resolveModel } from "../../core/models/model_folder.ts";
import { checkReward } from "../../core/questions/check_reward.ts";
import type { AppContext, Env } from "../context.ts";
import { jsonBody } from "../json_body.ts";
import { openaiErrorResponses } from "./errors.ts";
import { eventView, fineTuningEventSchema, noteView } from "./fine_tuning_events.ts";
import {
  type FineTuningRequest,
  fineTuningRequestSchema,
  requestPath,
  translate,
  type Translated,
} from "./fine_tuning_request.ts";
import {
  fineTuningCheckpointSchema,
  fineTuningCheckpointView,
  fineTuningJobSchema,
  fineTuningJobView,
} from "./fine_tuning_views.ts";
import { byOwnId, openaiId, ownId } from "./ids.ts";
import { listBody, listQuery, listSchema } from "./list.ts";

const json = <T extends z.ZodType>(schema: T) => ({ "application/json": { schema } });
const tags = ["Fine-tuning"];
const PATH = "/v1/fine_tuning/jobs";

const params = z.object({
  id: z.string().max(100).openapi({
    description: "Which fine-tuning job, by its id.",
    example: "ftjob-01k0…",
  }),
});

const create = (context: AppContext) =>
  createRoute({
    ...{ method: "post", path: PATH, tags, operationId: "createFineTuningJob" },
    summary: "Start a fine-tuning job",
    description:
      "Reinforcement is a training job of kind ppo, supervised one of kind sft. The files are looked at afterwards: one that will not do fails the job.",
    middleware: [jsonBody(context, fineTuningRequestSchema)] as const,
    request: { body: { required: true, content: json(fineTuningRequestSchema) } },
    responses: {
      200: { description: "The job", content: json(fineTuningJobSchema) },
      ...openaiErrorResponses([400, 401, 403, 405, 413, 415, 429, 500, 503]),
    },
  });

const METADATA = /^metadata\[(.+)\]$/;

const list = createRoute({
  ...{ method: "get", path: PATH, tags, operationId: "listFineTuningJobs" },
  summary: "List fine-tuning jobs, newest first",
  description: "Jobs of kind ppo and sft, those of POST /v1/training-jobs among them.",
  request: {
    query: z.looseObject({
      ...listQuery("job", { max: 100, fallback: 20 }),
      // It comes as keys of its own, which `metadataOf` reads.
      metadata: z.unknown().optional().openapi({
        type: "object",
        additionalProperties: { type: "string" },
        description:
          "Only jobs whose metadata has these keys and texts: ?metadata[experiment]=short. Several: all of them.",
        param: { style: "deepObject", explode: true },
      }),
    }),
  },
  responses: {
    200: { description: "A page of jobs", content: json(listSchema(fineTuningJobSchema)) },
    ...openaiErrorResponses([400, 401, 403, 405, 429, 500, 503]),
  },
});

const show = createRoute({
  ...{ method: "get", path: `${PATH}/{id}`, tags, operationId: "retrieveFineTuningJob" },
  summary: "Show a fine-tuning job",
  description: "How far it is, and what it has come to.",
  request: { params },
  responses: {
    200: { description: "The job", content: json(fineTuningJobSchema) },
    ...openaiErrorResponses([400, 401, 403, 404, 405, 429, 500, 503]),
  },
});

const VERBS = {
  cancel: "Cancel a fine-tuning job",
  pause: "Pause a fine-tuning job after its step, with a checkpoint",
  resume: "Let a paused fine-tuning job go on where it was",
} as const;

const verb = (name: keyof typeof VERBS) =>
  createRoute({
    ...{ method: "post", path: `${PATH}/{id}/${name}`, tags, operationId: `${name}FineTuningJob` },
    summary: VERBS[name],
    description: "Without a body. 400 where the job's status does not allow it.",
    request: { params },
    responses: {
      200: { description: "The job", content: json(fineTuningJobSchema) },
      ...openaiErrorResponses([400, 401, 403, 404, 405, 429, 500, 503]),
    },
  });

const events = createRoute({
  ...{ method: "get", path: `${PATH}/{id}/events`, tags, operationId: "listFineTuningEvents" },
  summary: "List what happened to a fine-tuning job, newest first",
  description: "Messages for people, and metrics of each step.",
  request: { params, query: z.object(listQuery("event", { max: 1000, fallback: 20 })) },
  responses: {
    200: { description: "A page of events", content: json(listSchema(fineTuningEventSchema)) },
    ...openaiErrorResponses([400, 401, 403, 404, 405, 429, 500, 503]),
  },
});

const checkpoints = createRoute({
  ...{ method: "get", path: `${PATH}/{id}/checkpoints`, tags, operationId: "listFineTuningJobCheckpoints" },
  summary: "List the checkpoints of a fine-tuning job, newest first",
  description: "Each is a fine-tuned model by its name.",
  request: { params, query: z.object(listQuery("checkpoint", { max: 100, fallback: 10 })) },
  responses: {
    200: { description: "A page of checkpoints", content: json(listSchema(fineTuningCheckpointSchema)) },
    ...openaiErrorResponses([400, 401, 403, 404, 405, 429, 500, 503]),
  },
});

/** The texts that a query asks a job's metadata to have. */
function metadataOf(c: Context<Env>): [key: string, value: string][] {
  return Object.entries(c.req.queries()).flatMap(([name, values]) => {
    const [, key] = METADATA.exec(name) ?? [];
    return key === undefined ? [] : values.slice(0, 16).map((value): [string, string] => [key, value]);
  }).slice(0, 16);
}

/** The base model that is trained, and the checkpoint to go on from where a fine-tuned model was named. */
async function baseOf({ db, modelRoots }: AppContext, name: string) {
  const { model, checkpoint = null } = await withoutFineTunedNames(db, {
    model: name,
    checkpoint: null as string | null,
  });
  const found = await findModel(modelRoots, model);
  // It says which models there are.
  if (!found) await attributeTo("model", resolveModel(modelRoots, model));
  if (found?.problem) throw attributed("model", new UserError(found.problem.code, found.problem.detail));
  return { model, checkpoint, parameters: found!.summary!.parameters };
}

/** @throws {UserError} naming the field where there is no file to train on of that id */
async function requireFile({ files }: AppContext, field: string, id: string): Promise<string> {
  const own = ownId("file", id);
  const row = await files.get(own).catch((error) => {
    if (!(error instanceof UserError) || error.code !== "not_found") throw error;
    throw invalid(field, `There is no file '${cutText(id, 100)}'`);
  });
  if (row.purpose !== "fine-tune") {
    throw invalid(field, `Expected a file of purpose fine-tune, got one of ${row.purpose}`);
  }
  return own;
}

/** What can be refused while its sender can still be told, beside what the request's schema says. */
async function checkNames(
  context: AppContext,
  c: Context<Env>,
  { method, job }: ReturnType<typeof translate>,
): Promise<void> {
  try {
    if ("reward" in job && job.reward) await checkReward(job.reward, context, c.get("logger"));
    await resolveFolders(context, { ...job, dataset: null });
  } catch (thrown) {
    throw withFields(thrown, (path) => requestPath(method, path));
  }
}

/** What a request asks for, once all of it that can be looked at was. */
async function asked(context: AppContext, c: Context<Env>, request: FineTuningRequest) {
  const { model, checkpoint, parameters } = await baseOf(context, request.model);
  const seed = crypto.getRandomValues(new Uint32Array(1))[0]! & 0x7fffffff;
  const translated = translate({ ...request, model }, { parameters, seed });
  const config: Translated["config"] = { ...translated.config, ...(checkpoint !== null && { checkpoint }) };
  await checkNames(context, c, { ...translated, job: { ...translated.job, checkpoint } });
  const { training_file, validation_file = null, suffix = null, metadata } = request;
  return {
    ...{ method: translated.method, model: request.model, suffix, config, shown: translated.shown },
    training_file: await requireFile(context, "training_file", training_file),
    validation_file: validation_file === null
      ? null
      : await requireFile(context, "validation_file", validation_file),
    metadata: metadata ?? {},
    remarks: translated.remarks,
    owner: c.get("caller")?.id ?? null,
  };
}

/** The fine-tuning jobs' routes. */
export function fineTuningJobs(context: AppContext): OpenAPIHono<Env> {
  const { db, fineTuning } = context;
  const app = new OpenAPIHono<Env>();
  const find = (asked: string) => byOwnId("job", asked, (id) => getFineTune(db, id));

  app.openapi(create(context), async (c) => {
    const job = await fineTuning.create(await asked(context, c, c.req.valid("json")));
    c.get("logger").info("Fine-tuning job created", { job_id: job.id });
    return c.json(fineTuningJobView(job), 200);
  });

  app.openapi(list, async (c) => {
    const { limit, after } = c.req.valid("query");
    await fineTuning.makeResults();
    const page = await listFineTunes(db, { limit, after, metadata: metadataOf(c) });
    return c.json(listBody(page, fineTuningJobView), 200);
  });

  app.openapi(show, async (c) => {
    const { id } = c.req.valid("param");
    const job = await find(id);
    if (job.job?.status !== "succeeded" || !job.request || job.request.result_file !== null) {
      return c.json(fineTuningJobView(job), 200);
    }
    await fineTuning.makeResults();
    return c.json(fineTuningJobView(await find(id)), 200);
  });

  for (const name of Object.keys(VERBS) as (keyof typeof VERBS)[]) {
    app.openapi(verb(name), async (c) => {
      const asked = c.req.valid("param").id;
      const { id } = await find(asked);
      return c.json(fineTuningJobView(await byOwnId("job", asked, () => fineTuning[name](id))), 200);
    });
  }

  app.openapi(events, async (c) => {
    const { limit, after } = c.req.valid("query");
    const page = await eventPage(context, await find(c.req.valid("param").id), limit, after);
    return c.json(listBody(page, (view) => view), 200);
  });

  app.openapi(checkpoints, async (c) => {
    const { job } = await find(c.req.valid("param").id);
    const page = job
      ? await listCheckpoints(db, job.id, { ...c.req.valid("query"), newestFirst: true })
      : { rows: [], has_more: false };
    return c.json(listBody(page, (row) => fineTuningCheckpointView(row, job!)), 200);
  });

  return app;
}

/** Events of a job, newest first: its own, and after them what was said before it was one. */
async function eventPage(
  { db }: AppContext,
  { request, job }: FineTune,
  limit: number,
  after: string | undefined,
) {
  const notes = (request?.notes ?? []).toReversed();
  const noted = notes.findIndex(({ id }) => id === after);
  if (after !== undefined && noted < 0 && !job) {
    throw invalid("after", `The job has no event '${openaiId("event", after)}'`);
  }
  const own: EventRow[] = [];
  if (job && noted < 0) {
    const afterSeq = await eventSeq(db, job.id, after, "after");
    const page = await listEvents(db, job.id, { limit, afterSeq, newestFirst: true });
    own.push(...page.rows);
    if (page.has_more) return { rows: own.map((row) => eventView(row, job)), has_more: true };
  }
  const rest = notes.slice(noted + 1);
  const some = rest.slice(0, limit - own.length);
  return {
    rows: [...own.map((row) => eventView(row, job!)), ...some.map((one) => noteView(one, request!.method))],
    has_more: some.length < rest.length,
  };
}
