/** Checkpoints: list of a job's, one, and the files that its manifest names. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { join } from "node:path";
import type { CheckpointRow } from "../core/db/schema.ts";
import { UserError } from "../core/errors.ts";
import { findCheckpoint, getJob, listCheckpoints } from "../core/jobs/job_queries.ts";
import { checkpointView } from "../core/jobs/job_view.ts";
import type { AppContext, Env } from "./context.ts";
import { checkpointSchema } from "./job_schema.ts";
import { afterId, limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";
import { jobParams } from "./training_jobs.ts";

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
    ...problemResponses(401, 404),
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
  responses: {
    200: {
      description: "The file",
      content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } },
    },
    ...problemResponses(401, 404),
  },
});

/** The checkpoints' routes. */
export function checkpoints({ db, dataDir }: AppContext): OpenAPIHono<Env> {
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
    const row = await find(id);
    const entry = row.files.find((file) => file.name === name);
    if (!entry) throw new UserError("not_found", `The checkpoint has no file '${name}'`);
    const path = join(dataDir, row.folder, entry.name);
    const missing = () => new UserError("not_found", `The file '${name}' is not on the server any more`);
    const headers = {
      "content-type": name.endsWith(".json") ? "application/json" : "application/octet-stream",
      "content-length": String(entry.bytes),
      "content-disposition": `attachment; filename="${name.replaceAll(/[^\w.-]/g, "_")}"`,
      etag: `"${entry.sha256}"`,
    };
    const size = await Deno.stat(path).then(({ size }) => size, () => -1);
    if (size !== entry.bytes) throw missing();
    if (c.req.raw.method === "HEAD") return c.body(null, 200, headers) as never;
    const file = await Deno.open(path);
    return c.body(file.readable, 200, headers) as never;
  });

  return app;
}
