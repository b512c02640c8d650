/** Checkpoints: list of a job's, one, its files, and the same policy in other programs' layouts. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { component } from "../core/contract/component.ts";
import type { Context } from "hono";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { CheckpointRow } from "../core/db/schema.ts";
import { type CheckpointFile, checkpointFileSchema, checkpointSchema } from "../core/contract/checkpoint.ts";
import { EXPORT_FORMATS } from "../core/contract/protocol.ts";
import { UserError } from "../core/errors.ts";
import type { CheckpointExports } from "../core/jobs/checkpoint_exports.ts";
import { findCheckpoint, getJob, listCheckpoints } from "../core/jobs/job_queries.ts";
import { checkpointView } from "../core/jobs/job_view.ts";
import { openChecked } from "../core/formats/checked_file.ts";
import { type TarFile, tarPieces } from "../core/formats/tar_pieces.ts";
import type { AppContext, Env } from "./context.ts";
import { fileAnswer } from "./file_answer.ts";
import { jsonContent } from "./json_content.ts";
import { afterId, limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";
import { jobParams } from "./training_jobs.ts";
import { undescribed } from "./undescribed.ts";

const exportSchema = z.object({
  format: z.enum(EXPORT_FORMATS).describe("The layout."),
  files: z.array(checkpointFileSchema).describe("What it is made of."),
}).meta(component("CheckpointExport"));

const file = {
  description: "The file. Its ETag is its SHA-256; Range, If-Range, If-Match and If-None-Match are honoured.",
  content: {
    "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) },
  },
};

/** What else a download answers with. */
const PARTLY = {
  206: { ...file, description: "The part that Range asks for" },
  304: { description: "If-None-Match has the ETag: the client has the file" },
};

const params = z.object({
  id: z.string().max(100).openapi({ description: "Which checkpoint, by its id.", example: "ckpt_01k0…" }),
});

const list = createRoute({
  method: "get",
  path: "/v1/training-jobs/{id}/checkpoints",
  tags: ["Checkpoints"],
  operationId: "listTrainingJobCheckpoints",
  summary: "Checkpoints of a training job, oldest first",
  description: "Each with its files and the metrics of its moment.",
  request: {
    params: jobParams,
    query: z.strictObject({ limit: limitParam(100, 20), after: afterId("ckpt") }),
  },
  responses: {
    200: {
      description: "A page of checkpoints",
      content: jsonContent(pageSchema(checkpointSchema)),
    },
    ...problemResponses(401, 404, 422),
  },
});

const show = createRoute({
  method: "get",
  path: "/v1/checkpoints/{id}",
  tags: ["Checkpoints"],
  operationId: "getCheckpoint",
  summary: "Show a checkpoint",
  description: "Its files with their sizes and hashes, and where in the job it was written.",
  request: { params },
  responses: {
    200: { description: "The checkpoint", content: jsonContent(checkpointSchema) },
    ...problemResponses(401, 404, 422),
  },
});

const download = createRoute({
  method: "get",
  path: "/v1/checkpoints/{id}/files/{name}",
  tags: ["Checkpoints"],
  operationId: "downloadCheckpointFile",
  summary: "Download a file of a checkpoint",
  description: "The bytes of a file, by the name that the checkpoint lists.",
  request: {
    params: params.extend({
      name: z.string().max(255).openapi({
        description: "The file, as the checkpoint lists it.",
        example: "adapter_model.safetensors",
      }),
    }),
  },
  responses: { 200: file, ...PARTLY, ...problemResponses(401, 404, 412, 416, 422) },
});

const format = z.enum(EXPORT_FORMATS).openapi({ example: "merged" }).describe(
  "merged: full weights and what transformers loads with them. onnx: what goes into that folder's onnx/.",
);

const archive = createRoute({
  method: "get",
  path: "/v1/checkpoints/{id}/archive",
  operationId: "downloadCheckpointArchive",
  tags: ["Checkpoints"],
  summary: "Download all files of a checkpoint as one tar archive",
  description:
    "A folder named after the checkpoint. Its length is known before it is sent, and the same checkpoint gives the same bytes, so Range, If-Range, If-Match and If-None-Match are honoured.",
  request: {
    params,
    query: z.strictObject({
      format: format.optional().describe(
        "An export instead of the checkpoint's own files; made if it is not there.",
      ),
    }),
  },
  responses: {
    200: {
      description: "The archive",
      content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } },
    },
    304: PARTLY[304],
    ...problemResponses(401, 404, 412, 416, 422, 503),
  },
});

const showExport = createRoute({
  method: "get",
  path: "/v1/checkpoints/{id}/exports/{format}",
  tags: ["Checkpoints"],
  operationId: "getCheckpointExport",
  summary: "Files of a checkpoint in another layout; made if they are not there",
  description:
    "The first request for a layout makes its files, which takes as long as reading and writing the model.",
  request: { params: params.extend({ format }) },
  responses: {
    200: {
      description: "The files, by the names they are downloaded by",
      content: jsonContent(exportSchema),
    },
    ...problemResponses(401, 404, 422, 503),
  },
});

const downloadExport = createRoute({
  method: "get",
  path: "/v1/checkpoints/{id}/files/{format}/{name}",
  tags: ["Checkpoints"],
  operationId: "downloadCheckpointExportFile",
  summary: "Download a file of a checkpoint in another layout; made if it is not there",
  description:
    "The bytes of a file, by the name that the export lists. The first request for a layout makes its files.",
  request: {
    params: params.extend({
      format,
      name: z.string().max(255).openapi({
        description: "The file, as the checkpoint lists it.",
        example: "model.safetensors",
      }),
    }),
  },
  responses: { 200: file, ...PARTLY, ...problemResponses(401, 404, 412, 416, 422, 503) },
});

/** Answers with a file of `folder`, whose size and hash are known. */
async function listedFile(c: Context<Env>, folder: string, files: CheckpointFile[], name: string) {
  const entry = files.find((file) => file.name === name);
  if (!entry) throw new UserError("not_found", `The checkpoint has no file '${name}'`);
  // A tag and a length are a promise, of bytes that may have changed on the disk.
  const opened = await openChecked(folder, entry);
  const pieces = [{ file: opened, bytes: entry.bytes }];
  // One type for all: clients would read JSON, and what they wrote of it would have another hash.
  return undescribed(fileAnswer(c, { name, type: "application/octet-stream", tag: entry.sha256, pieces }));
}

/** Answers with all files of `folder`, as a tar archive of one folder. */
async function archiveOf(c: Context<Env>, folder: string, files: CheckpointFile[], name: string, time: Date) {
  const opened: TarFile[] = [];
  try {
    for (const entry of files) {
      opened.push({
        name: `${name}/${entry.name}`,
        file: await openChecked(folder, entry),
        bytes: entry.bytes,
      });
    }
  } catch (error) {
    for (const { file } of opened) file.close();
    throw error;
  }
  const listed = JSON.stringify([name, time.getTime(), files.map(({ name, sha256 }) => [name, sha256])]);
  return undescribed(fileAnswer(c, {
    name: `${name}.tar`,
    type: "application/octet-stream",
    tag: createHash("sha256").update(listed).digest("hex"),
    pieces: tarPieces(opened, time),
  }));
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
    return await listedFile(c, join(dataDir, folder), files, name);
  });

  app.openapi(archive, async (c) => {
    const row = await find(c.req.valid("param").id);
    const { format } = c.req.valid("query");
    const { folder, files } = format
      ? await exports.get(row, format)
      : { folder: join(dataDir, row.folder), files: row.files };
    return await archiveOf(c, folder, files, format ? `${row.id}-${format}` : row.id, row.created_at);
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
    return await listedFile(c, folder, files, name);
  });

  return app;
}
