/** Datasets: sent once as a file, named by jobs, read by pages. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { datasetRowSchema, datasetSchema, type DatasetView } from "../core/contract/dataset_answers.ts";
import { DATASET_FORMATS, formatOf, MEDIA_TYPES } from "../core/contract/dataset_conversion.ts";
import type { Upload } from "../core/datasets/datasets.ts";
import { readLines } from "../core/datasets/read_lines.ts";
import type { DatasetRow } from "../core/db/schema.ts";
import { invalid, UserError } from "../core/errors.ts";
import { unfinishedJobWithDataset } from "../core/jobs/unfinished_job_with_dataset.ts";
import type { AppContext, Env } from "./context.ts";
import { jsonContent } from "./json_content.ts";
import { timeFilters } from "./list_filters.ts";
import { multipartFile } from "./multipart_file.ts";
import { afterId, limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";
import { bodyParts } from "./read_body.ts";
import { undescribed } from "./undescribed.ts";

const tags = ["Datasets"];
const params = z.object({
  id: z.string().max(100).openapi({ description: "Which dataset, by its id.", example: "ds_01k0…" }),
});
const MULTIPART = /^\s*multipart\/form-data\s*;/i;

const nameSchema = z.string().min(1).max(200);
const formatSchema = z.enum(DATASET_FORMATS);

const binary = { schema: { type: "string", format: "binary" } } as const;

const create = createRoute({
  ...{ method: "post", path: "/v1/datasets", tags },
  operationId: "createDataset",
  summary: "Send a dataset: JSON lines, CSV or Parquet",
  description:
    "The body is the file as it is, or a form with the file in it (multipart/form-data; fields name and format). It is written to the disk while it comes. 422 says what is wrong in it, with lines.",
  request: {
    query: z.strictObject({
      name: nameSchema.optional().describe(
        "What people call it. Default: the file's name in a form, else dataset.",
      ),
      format: formatSchema.optional().describe(
        "Of the file. Default: what Content-Type or the file's name says.",
      ),
    }),
    headers: z.object({
      "idempotency-key": z.string().min(1).max(255).optional().describe(
        "Makes the request safe to repeat for 24 hours: the same key and request give the stored answer.",
      ),
    }),
    // As plain schemas, which nothing reads the body by.
    body: {
      required: true,
      content: {
        ...Object.fromEntries(MEDIA_TYPES.map((type) => [type, binary])),
        "multipart/form-data": {
          schema: {
            type: "object",
            properties: {
              file: { type: "string", format: "binary", description: "The rows." },
              name: { type: "string", minLength: 1, maxLength: 200, description: "Default: the file's own." },
              format: {
                type: "string",
                enum: [...DATASET_FORMATS],
                description: "Default: by the file's type or name.",
              },
            },
            required: ["file"],
          },
        },
      },
    },
  },
  responses: {
    201: { description: "The dataset", content: jsonContent(datasetSchema) },
    ...problemResponses(400, 401, 408, 409, 413, 415, 422, 429, 503),
  },
});

const list = createRoute({
  ...{ method: "get", path: "/v1/datasets", tags },
  operationId: "listDatasets",
  summary: "List datasets, newest first",
  description: "A page at a time.",
  request: {
    query: z.strictObject({
      name: nameSchema.optional().describe("Only datasets of this name."),
      ...timeFilters,
      limit: limitParam(100, 20),
      after: afterId("ds"),
    }),
  },
  responses: {
    200: { description: "A page of datasets", content: jsonContent(pageSchema(datasetSchema)) },
    ...problemResponses(401, 422, 500, 503),
  },
});

const show = createRoute({
  ...{ method: "get", path: "/v1/datasets/{id}", tags },
  operationId: "getDataset",
  summary: "Show a dataset",
  description: "Its columns, and how many rows it has.",
  request: { params },
  responses: {
    200: { description: "The dataset", content: jsonContent(datasetSchema) },
    ...problemResponses(401, 404, 422, 500, 503),
  },
});

const rows = createRoute({
  ...{ method: "get", path: "/v1/datasets/{id}/rows", tags },
  operationId: "listDatasetRows",
  summary: "Rows of a dataset, in the order of the file",
  description: "Rows as they were sent, by their columns.",
  request: {
    params,
    query: z.strictObject({
      limit: limitParam(1000, 20),
      after: z.string().regex(/^\d{1,15}$/, "Expected the next_cursor of an earlier page").transform(Number)
        .default(-1).openapi({
          type: "string",
          description: "next_cursor of the page before: the number of its last row, from 0.",
        }),
    }),
  },
  responses: {
    200: {
      description: "A page of rows; fewer than limit where they are large",
      content: jsonContent(pageSchema(datasetRowSchema)),
    },
    ...problemResponses(401, 404, 422, 500, 503),
  },
});

const remove = createRoute({
  ...{ method: "delete", path: "/v1/datasets/{id}", tags },
  operationId: "deleteDataset",
  summary: "Delete a dataset that no unfinished job uses",
  description: "A dataset that an unfinished job uses is refused with 409.",
  request: { params },
  responses: {
    204: { description: "It is gone" },
    ...problemResponses(401, 404, 409, 422, 500, 503),
  },
});

function datasetView(row: DatasetRow): DatasetView {
  const { id, name, format, rows, columns, bytes, sha256, created_at } = row;
  return { id, name, format, rows, columns, bytes, sha256, created_at: created_at.toISOString() };
}

/** What `schema` makes of a field of a form. @throws {UserError} naming the field */
function fieldOf<T>(schema: z.ZodType<T>, value: string | undefined, path: string): T | undefined {
  if (value === undefined) return undefined;
  const { data, error } = schema.safeParse(value);
  if (error) throw invalid(path, error.issues[0]!.message);
  return data;
}

type Query = { name?: string; format?: (typeof DATASET_FORMATS)[number] };

/** The file of a request: its body, or the file of the form that is its body. */
async function fileOf(
  c: Context<Env>,
  query: Query,
  parts: AsyncIterable<Uint8Array>,
): Promise<Pick<Upload, "parts" | "format" | "name">> {
  const type = c.req.header("content-type") ?? "";
  if (!MULTIPART.test(type)) {
    const format = query.format ?? formatOf(type, query.name);
    if (!format) throw unknownFormat(type);
    return { parts, format, name: () => query.name ?? "dataset" };
  }
  const file = await multipartFile(type, parts, ["name", "format"]);
  const format = query.format ?? fieldOf(formatSchema, file.fields.get("format"), "format") ??
    formatOf(file.media_type, file.file_name);
  if (!format) {
    const message = `Expected ${DATASET_FORMATS.join(", ")}, or a file whose name or type says which it is`;
    throw invalid("format", message);
  }
  return {
    parts: file.parts,
    format,
    name: () =>
      query.name ?? fieldOf(nameSchema, file.fields.get("name"), "name") ??
        (file.file_name.slice(0, 200) || "dataset"),
  };
}

function unknownFormat(type: string): UserError {
  return new UserError(
    "unsupported_media_type",
    `Expected ?format= ${DATASET_FORMATS.join(", ")}, or Content-Type ${MEDIA_TYPES.join(", ")}, got ` +
      `'${type.slice(0, 100)}'`,
  );
}

/** The datasets' routes. */
export function datasets(context: AppContext): OpenAPIHono<Env> {
  const { datasets } = context;
  const app = new OpenAPIHono<Env>();

  app.openapi(create, async (c) => {
    c.env?.unhurried?.();
    const { max_bytes } = datasets;
    const body = bodyParts(c, { max_bytes, silence_ms: context.body_silence_ms });
    const row = await datasets.add({
      ...await fileOf(c, c.req.valid("query"), body),
      owner: c.get("caller")?.id ?? null,
      key: c.req.valid("header")["idempotency-key"],
      signal: AbortSignal.any([c.req.raw.signal, context.closing]),
    }).catch((error) => {
      if (!context.closing.aborted) throw error;
      throw new UserError("runtime_unavailable", "The server is stopping", [], { cause: error });
    });
    c.get("logger").info("Dataset created", { dataset: row.id, rows: row.rows, bytes: row.bytes });
    return c.json(datasetView(row), 201, { location: `/v1/datasets/${row.id}` });
  });

  app.openapi(list, async (c) => {
    const page = await datasets.list(c.req.valid("query"));
    return c.json(pageBody(page, datasetView, (row) => row.id), 200);
  });

  app.openapi(show, async (c) => c.json(datasetView(await datasets.get(c.req.valid("param").id)), 200));

  app.openapi(rows, async (c) => {
    const { id } = c.req.valid("param");
    const { limit, after } = c.req.valid("query");
    const { rows } = await datasets.get(id);
    const lines = await readLines(datasets.folder(id), after + 1, Math.min(after + 1 + limit, rows));
    const next = after + 1 + lines.length;
    // Rows are JSON already, and numbers in them may have more digits than JavaScript's.
    const cursor = next < rows && lines.length > 0 ? JSON.stringify(String(next - 1)) : "null";
    const body = `{"data":[${lines.join(",")}],"has_more":${
      next < rows && lines.length > 0
    },"next_cursor":${cursor}}`;
    return undescribed(c.body(body, 200, { "content-type": "application/json" }));
  });

  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    await datasets.delete(id, async (tx) => {
      const job = await unfinishedJobWithDataset(tx, id);
      if (!job) return;
      throw new UserError(
        "wrong_state",
        `Cannot delete the dataset as the job '${job}', which is not over, needs it: cancel it first`,
      );
    });
    return c.body(null, 204);
  });

  return app;
}
