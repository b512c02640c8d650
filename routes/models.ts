/** Models that jobs and generations can name: folders found in the model roots, and downloads from a hub. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { component } from "../core/contract/component.ts";
import type { Context } from "hono";
import { basename, dirname, join } from "node:path";
import { attributeTo, invalid, UserError } from "../core/errors.ts";
import { MadeModels, madeName, taken } from "../core/models/made_models.ts";
import { syncTree } from "../core/formats/atomic_file.ts";
import type { CheckpointExports } from "../core/jobs/checkpoint_exports.ts";
import { isFineTunedName } from "../core/contract/fine_tuned_name.ts";
import { deleteCheckpoint } from "../core/jobs/delete_checkpoint.ts";
import {
  findFineTuned,
  type ListedFineTuned,
  listedFineTuned,
  listFineTuned,
} from "../core/jobs/fine_tuned_names.ts";
import { memoize } from "../core/memoize.ts";
import type { ModelDownload } from "../core/models/model_registry.ts";
import { unfinishedJobWithModel } from "../core/jobs/unfinished_job_with_model.ts";
import {
  type HubSource,
  type MadeModel,
  type MadeRegistration,
  modelRegistrationSchema,
  modelSchema,
  type ModelView,
} from "../core/contract/model.ts";
import { findModel, type ListedModel, listModels, resolveModel } from "../core/models/model_folder.ts";
import { modelKey } from "../core/formats/model_name.ts";
import { asker } from "./asker.ts";
import type { AppContext, Env } from "./context.ts";
import { jsonBody } from "./json_body.ts";
import { jsonContent, jsonRequest } from "./json_content.ts";
import { problemResponses } from "./problem.ts";

const params = z.object({
  id: z.string().max(400).describe("A slash in it may be written as %2F.").openapi({ example: "tiny" }),
});
const partedParams = z.object({ org: z.string().max(100), name: z.string().max(400) });
const answer = (description: string) => ({
  description,
  content: jsonContent(modelSchema),
});

/** Who owns what was made here. */
const OURS = "proximal";

/** So many fine-tuned models are listed, the newest. */
const MAX_FINE_TUNED = 1000;

/** When a folder became what it is, in seconds since 1970. */
async function createdOf(folder: string): Promise<number> {
  const { mtime } = await Deno.stat(join(folder, "config.json")).catch(() => ({ mtime: null }));
  return mtime ? Math.floor(mtime.getTime() / 1000) : 0;
}

/** A fine-tuned model: all that its base is, where that is still here. */
function fineTunedView(
  { name, checkpoint, model, kind }: ListedFineTuned,
  base: ListedModel | null,
): ModelView {
  const isThere = base?.summary != null;
  return {
    ...{
      id: name,
      object: "model",
      created: Math.floor(checkpoint.created_at.getTime() / 1000),
      owned_by: OURS,
    },
    ...{ status: isThere ? "ready" : "unusable", ...base?.summary },
    ...(isThere && kind === "reward_model" && { is_reward_model: true }),
    problem: isThere ? null : { code: "unknown_model", detail: `Its model '${model}' cannot be used` },
    ...{ hub: null, initialized: null, checkpoint: checkpoint.id, download: null },
  };
}

/** A listed folder without its place on the machine. */
function folderView(
  { name, summary, problem }: ListedModel,
  { hub, made, created }: { hub: HubSource | null; made: MadeModel | null; created: number },
): ModelView {
  const detail = problem?.code === "internal" ? "The folder cannot be read" : problem?.detail ?? "";
  return {
    ...{ id: name, object: "model", created },
    owned_by: hub ? hub.hub_id.split("/")[0]! : made ? OURS : "system",
    ...{ status: problem ? "unusable" : "ready", ...summary },
    ...{ problem: problem && { code: problem.code, detail }, hub },
    initialized: made && "config" in made ? { tokenizer: made.tokenizer, seed: made.seed } : null,
    checkpoint: made && "checkpoint" in made ? made.checkpoint : null,
    download: null,
  };
}

function downloadView(download: ModelDownload): ModelView {
  const { status, error, hub_id, revision, commit, bytes, total_bytes } = download;
  return {
    ...{ id: hub_id, object: "model", created: 0, owned_by: hub_id.split("/")[0]! },
    ...{ status, problem: error && { code: error.code, detail: error.detail } },
    ...{ hub: { hub_id, revision, commit }, initialized: null, checkpoint: null },
    download: { bytes, total_bytes },
  };
}

const list = createRoute({
  method: "get",
  path: "/v1/models",
  tags: ["Models"],
  operationId: "listModels",
  summary: "List models",
  description:
    "Folders of MODELS_DIR, what was downloaded or made here, and downloads on their way; then fine-tuned models, which are the checkpoints of jobs, the newest 1,000.",
  request: {
    query: z.strictObject({
      fine_tuned: z.enum(["true", "false"]).default("true").describe(
        "Whether fine-tuned models are listed too.",
      ),
    }),
  },
  responses: {
    200: {
      description: "Every model by name, fine-tuned ones last and the newest of them first",
      content: {
        "application/json": {
          schema: z.object({
            object: z.literal("list").describe("What this is."),
            data: z.array(modelSchema).describe("The models."),
            device: z.string().describe("Where they run unless a job says otherwise: cpu, cuda or cuda:N."),
            generation_precision: z.enum(["float32", "int8"]).describe(
              "What generations multiply by (SERVING_PRECISION): with int8 their texts and the log-probabilities of sampled tokens are those of the model in 8 bits. Scores, values and log-probabilities of given texts are float32 either way, as is sampling of fully fine-tuned weights.",
            ),
          }),
        },
      },
    },
    ...problemResponses(401, 422),
  },
});

const EXAMPLES = {
  folder: { summary: "A folder below MODELS_DIR", value: { path: "tiny" } },
  bare: {
    summary: "A small model with random weights",
    value: { config: { hidden_size: 64, num_layers: 2, num_heads: 4 }, tokenizer: "tiny" },
  },
};

const register = (context: AppContext) =>
  createRoute({
    method: "post",
    path: "/v1/models",
    tags: ["Models"],
    operationId: "registerModel",
    summary:
      "Register a model: a folder, one of the hub's, which is downloaded, a checkpoint, or a new one with random weights",
    description:
      "What is to be used is checked, downloaded or made; a request for what is here already changes nothing.",
    middleware: [jsonBody(context, modelRegistrationSchema)] as const,
    request: {
      body: jsonRequest(modelRegistrationSchema, EXAMPLES),
    },
    responses: {
      200: answer("The model is here"),
      201: answer("The model was made"),
      202: answer("The model is being downloaded; its status says how far"),
      ...problemResponses(400, 401, 409, 413, 415, 422, 429, 503),
    },
  });

const show = createRoute({
  method: "get",
  path: "/v1/models/{id}",
  tags: ["Models"],
  operationId: "getModel",
  summary: "Show a model",
  description: "What a model is, where it is from, and why it cannot be used where it cannot.",
  request: { params },
  responses: { 200: answer("The model"), ...problemResponses(401, 404, 422) },
});

const deletedSchema = z.object({
  id: z.string().describe("The model that was deleted."),
  object: z.literal("model").describe("What it was."),
  deleted: z.literal(true).describe("That it is gone."),
})
  .meta(component("DeletedModel"));

const remove = createRoute({
  method: "delete",
  path: "/v1/models/{id}",
  tags: ["Models"],
  operationId: "deleteModel",
  summary: "Delete a model that came from a hub or was made here, or stop its download",
  description:
    "Folders of MODELS_DIR stay: only their owner removes them. A model that an unfinished job uses is refused with 409. A fine-tuned model is its checkpoint, whose files go; the answer is then as OpenAI's clients read it.",
  request: { params },
  responses: {
    200: { description: "The fine-tuned model's files are gone", content: jsonContent(deletedSchema) },
    204: { description: "Its files are gone" },
    ...problemResponses(401, 404, 409, 422),
  },
});

/** The models' routes. */
export function models(context: AppContext, exports: CheckpointExports): OpenAPIHono<Env> {
  const { modelRoots, registry, serving, db, dataDir } = context;
  const madeModels = new MadeModels({
    root: () => registry.root,
    scratch: join(dataDir, "jobs"),
    write: async (made, output, asked) => {
      if ("checkpoint" in made) {
        const row = (await findFineTuned(db, made.checkpoint))?.checkpoint;
        if (!row) {
          throw invalid("checkpoint", `There is no checkpoint '${made.checkpoint}'`, "unknown_checkpoint");
        }
        const { folder, files } = await exports.get(row, "merged");
        await Deno.mkdir(output);
        for (const { name } of files) await Deno.copyFile(join(folder, name), join(output, name));
        return await syncTree(output);
      }
      const { config, tokenizer, seed } = made;
      const model = await attributeTo("tokenizer", resolveModel(modelRoots, tokenizer));
      const folders = { model, rewards: {} };
      await serving.request({ type: "initialize", config, seed, folders, output }, asked);
    },
  });
  const app = new OpenAPIHono<Env>();

  const view = async (model: ListedModel): Promise<ModelView> => {
    const created = await createdOf(model.folder);
    if (dirname(model.folder) !== registry.root) return folderView(model, { hub: null, made: null, created });
    const name = basename(model.folder);
    const [hub, made] = [await registry.source(name), await madeModels.record(name)];
    return folderView(model, { hub, made, created });
  };
  const fineTuned = async (): Promise<ModelView[]> => {
    const bases = memoize(MAX_FINE_TUNED, (name: string) => findModel(modelRoots, name));
    const listed = await listFineTuned(db, MAX_FINE_TUNED);
    return await Promise.all(listed.map(async (one) => fineTunedView(one, await bases(one.model))));
  };
  const all = async (): Promise<ModelView[]> => {
    const views = await Promise.all((await listModels(modelRoots)).map(view));
    const known = new Set(views.map(({ id }) => modelKey(id)));
    const downloads = registry.downloads().filter(({ hub_id }) => !known.has(modelKey(hub_id)));
    return [...views, ...downloads.map(downloadView)].sort((a, b) => a.id < b.id ? -1 : 1);
  };
  const find = async (name: string): Promise<ModelView | undefined> => {
    if (isFineTunedName(name)) {
      const found = await findFineTuned(db, name);
      if (!found) return undefined;
      const listed = listedFineTuned(found.checkpoint, found.job);
      return fineTunedView(listed, await findModel(modelRoots, listed.model));
    }
    const model = await findModel(modelRoots, name);
    if (model) return await view(model);
    const key = modelKey(name);
    const download = registry.downloads().find(({ hub_id }) => modelKey(hub_id) === key);
    return download && downloadView(download);
  };

  const make = async (c: Context<Env>, { name: given, ...made }: MadeRegistration) => {
    const name = given ?? madeName(made);
    const there = await find(name);
    if (there) {
      const before = await madeModels.record(name);
      // Asked for once more: it would come out the same.
      if (JSON.stringify(before) === JSON.stringify(made)) return c.json(there, 200);
      throw taken(name);
    }
    await madeModels.make(name, made, asker(c));
    const location = `/v1/models/${encodeURIComponent(name)}`;
    return c.json((await find(name))!, 201, { location });
  };

  app.openapi(list, async (c) => {
    const tuned = c.req.valid("query").fine_tuned === "false" ? [] : await fineTuned();
    const { device, servingPrecision: generation_precision = "float32" } = context;
    const data = [...await all(), ...tuned];
    return c.json({ object: "list" as const, data, device, generation_precision }, 200);
  });

  app.openapi(register(context), async (c) => {
    const body = c.req.valid("json");
    if ("path" in body) {
      const view = await find(body.path);
      if (!view || view.download) {
        const message =
          "Expected the name of a folder with a config.json, directly below a folder of MODELS_DIR";
        throw invalid("path", message, "unknown_model");
      }
      if (view.problem) {
        throw invalid("path", view.problem.detail, view.problem.code as UserError["code"]);
      }
      return c.json(view, 200);
    }
    if (!("hub_id" in body)) return await make(c, body);
    const { hub_id } = body;
    const there = await find(hub_id);
    if (there && !there.hub) {
      throw invalid("hub_id", `A folder of MODELS_DIR has the name '${there.id}' already`, "wrong_state");
    }
    const download = await registry.register(hub_id, body.revision);
    if (!download) return c.json((await find(hub_id))!, 200);
    return c.json(downloadView(download), 202, { location: `/v1/models/${encodeURIComponent(hub_id)}` });
  });

  const found = async (id: string): Promise<ModelView> => {
    const model = await find(id);
    if (!model) throw new UserError("not_found", `No model '${id}'`);
    return model;
  };
  const removed = async (id: string): Promise<boolean> => {
    const tuned = isFineTunedName(id) ? await findFineTuned(db, id) : null;
    if (tuned) {
      await deleteCheckpoint(db, dataDir, tuned.checkpoint);
      serving.retire();
      return true;
    }
    const model = await found(id);
    const isMade = model.initialized !== null || model.checkpoint !== null;
    if (!model.hub && !isMade) {
      throw new UserError(
        "wrong_state",
        `Model '${id}' is a folder of MODELS_DIR and is listed while it is there: only the server's owner removes it`,
      );
    }
    const job = await unfinishedJobWithModel(db, id);
    if (job) throw new UserError("wrong_state", `Training job '${job}' uses model '${id}': cancel it first`);
    await (isMade ? madeModels.remove(model.id) : registry.remove(id));
    // It may hold the weights, and the name may come back with others.
    serving.retire();
    return false;
  };
  const removal = async (c: Context<Env>, id: string) => {
    const isFineTuned = await removed(id);
    if (isFineTuned) return c.json({ id, object: "model" as const, deleted: true as const }, 200);
    return c.body(null, 204);
  };

  app.openapi(show, async (c) => c.json(await found(c.req.valid("param").id), 200));
  app.openapi(remove, async (c) => await removal(c, c.req.valid("param").id));
  // A hub's name as it is, its slash not encoded.
  const parted = { path: "/v1/models/{org}/{name}", request: { params: partedParams }, hide: true } as const;
  app.openapi(createRoute({ ...show, ...parted }), async (c) => {
    const { org, name } = c.req.valid("param");
    return c.json(await found(`${org}/${name}`), 200);
  });
  app.openapi(createRoute({ ...remove, ...parted }), async (c) => {
    const { org, name } = c.req.valid("param");
    return await removal(c, `${org}/${name}`);
  });

  return app;
}
