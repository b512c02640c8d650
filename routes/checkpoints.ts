/** Checkpoints: list of a job's, one, its files, and the same policy in other programs' layouts. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { join } from "node:path";
import type { CheckpointRow } from "../core/db/schema.ts";
import { type CheckpointFile, checkpointFileSchema, checkpointSchema } from "../core/contract/checkpoint.ts";
import { EXPORT_FORMATS } from "../core/contract/protocol.ts";
import { UserError } from "../core/errors.ts";
import type { CheckpointExports } from "../core/jobs/checkpoint_exports.ts";
import { findCheckpoint, getJob, listCheckpoints } from "../core/jobs/job_queries.ts";
import { checkpointView } from "../core/jobs/job_view.ts";
import { openChecked } from "../core/formats/checked_file.ts";
import type { AppContext, Env } from "./context.ts";
import { afterId, limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";
import { jobParams } from "./training_jobs.ts";
import { undescribed } from "./undescribed.ts";

const exportSchema = z.object({
  format: z.enum(EXPORT_FORMATS),
  files: z.array(checkpointFileSchema),
}).openapi("CheckpointExport");

const file = {
  description: "The file",
  content: {
    "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) },
    "application/json": { schema: z.unknown().openapi({ description: "A file whose name ends in .json." }) },
  },
};

const params = z.object({ id: z.string().max(100).openapi({ example: "ckpt_01k0…" }) });

const list = createRoute({
  method: "get",
  path: "/v1/training-jobs/{id}/checkpoints",
  tags: ["Checkpoints"],
  summary: "Checkpoints of a training job, oldest first",
  request: {
    params: jobParams,
    query: z.strictObject({ limit: limitParam(100, 20), after: afterId("ckpt") }),
  },
  responses: {
    200: {
      description: "A page of checkpoints",
      content: { "application/json": { schema: pageSchema(checkpointSchema) } },
    },
    ...problemResponses(401, 404, 422),
  },
});

const show = createRoute({
  method: "get",
  path: "/v1/checkpoints/{id}",
  tags: ["Checkpoints"],
  summary: "Show a checkpoint",
  request: { params },
  responses: {
    200: { description: "The checkpoint", content: { "application/json": { schema: checkpointSchema } } },
    ...problemResponses(401, 404, 422),
  },
});

const download = createRoute({
  method: "get",
  path: "/v1/checkpoints/{id}/files/{name}",
  tags: ["Checkpoints"],
  summary: "Download a file of a checkpoint",
  request: {
    params: params.extend({ name: z.string().max(255).openapi({ example: "adapter_model.safetensors" }) }),
  },
  responses: { 200: file, ...problemResponses(401, 404, 422) },
});

const format = z.enum(EXPORT_FORMATS).openapi({ example: "merged" }).describe(
  "merged: full weights and what transformers loads with them. onnx: what goes into that folder's onnx/.",
);

const showExport = createRoute({
  method: "get",
  path: "/v1/checkpoints/{id}/exports/{format}",
  tags: ["Checkpoints"],
  summary: "Files of a checkpoint in another layout; made if they are not there",
  request: { params: params.extend({ format }) },
  responses: {
    200: {
      description: "The files, by the names they are downloaded by",
      content: { "application/json": { schema: exportSchema } },
    },
    ...problemResponses(401, 404, 422, 503),
  },
});

const downloadExport = createRoute({
  method: "get",
  path: "/v1/checkpoints/{id}/files/{format}/{name}",
  tags: ["Checkpoints"],
  summary: "Download a file of a checkpoint in another layout; made if it is not there",
  request: {
    params: params.extend({ format, name: z.string().max(255).openapi({ example: "model.safetensors" }) }),
  },
  responses: { 200: file, ...problemResponses(401, 404, 422, 503) },
});

/** Answers with a file of `folder`, whose size and hash are known. */
async function fileAnswer(c: Context<Env>, folder: string, files: CheckpointFile[], name: string) {
  const entry = files.find((file) => file.name === name);
  if (!entry) throw new UserError("not_found", `The checkpoint has no file '${name}'`);
  const headers = {
    "content-type": name.endsWith(".json") ? "application/json" : "application/octet-stream",
    "content-length": String(entry.bytes),
    "content-disposition": `attachment; filename="${name.replaceAll(/[^\w.-]/g, "_")}"`,
    etag: `"${entry.sha256}"`,
  };
  // A tag and a length are a promise, of bytes that may have changed on the disk.
  const file = await openChecked(folder, entry);
  if (c.req.raw.method === "HEAD") {
    file.close();
    return c.body(null, 200, headers);
  }
  return c.body(file.readable, 200, headers);
}

/** The checkpoints' routes. */
export function checkpoints(context: AppContext, exports: CheckpointExports): OpenAPIHono<Env> {
  const { db, dataDir } = context;
  const app = new OpenAPIHono<Env>();

  const find = async (id: string): Promise<CheckpointRow> => {
    const row = await findCheckpoint(db, id);
    if (!row) throw new UserError("not_found", `No checkpoint '${id}'`);
    return row;
  };

  app.openapi(list, async (c) => {
    const { id } = c.req.valid("param");
    await getJob(db, id);
    const page = await listCheckpoints(db, id, c.req.valid("query"));
    return c.json(pageBody(page, checkpointView, (row) => row.id), 200);
  });

  app.openapi(show, async (c) => c.json(checkpointView(await find(c.req.valid("param").id)), 200));

  app.openapi(download, async (c) => {
    const { id, name } = c.req.valid("param");
    const { folder, files } = await find(id);
    return undescribed(await fileAnswer(c, join(dataDir, folder), files, name));
  });

  app.openapi(showExport, async (c) => {
    const { id, format } = c.req.valid("param");
    const { files } = await exports.get(await find(id), format);
    const named = files.map((file) => ({ ...file, name: `${format}/${file.name}` }));
    return c.json({ format, files: named }, 200);
  });

  app.openapi(downloadExport, async (c) => {
    const { id, format, name } = c.req.valid("param");
    const { folder, files } = await exports.get(await find(id), format);
    return undescribed(await fileAnswer(c, folder, files, name));
  });

  return app;
}
