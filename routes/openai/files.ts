/** Files as OpenAI's clients send, list and read them. What a training makes of one is `fine_tuning_jobs.ts`'s. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { component } from "../../core/contract/component.ts";
import { FILE_PURPOSES, UPLOAD_PURPOSES } from "../../core/contract/file.ts";
import type { FileRow } from "../../core/db/schema.ts";
import { invalid, UserError } from "../../core/errors.ts";
import type { FileFields } from "../../core/files/files.ts";
import type { AppContext, Env } from "../context.ts";
import { fileAnswer } from "../file_answer.ts";
import { type MultipartFile, multipartFile } from "../multipart_file.ts";
import { bodyParts } from "../read_body.ts";
import { undescribed } from "../undescribed.ts";
import { openaiErrorResponses } from "./errors.ts";
import { byOwnId, openaiId } from "./ids.ts";
import { listBody, listQuery, listSchema } from "./list.ts";
import { unixSeconds } from "./unix_time.ts";

const json = <T extends z.ZodType>(schema: T) => ({ "application/json": { schema } });
const tags = ["Files"];

/** What OpenAI has and what there is no use for here. */
const REFUSED_PURPOSES = ["assistants", "assistants_output", "batch", "batch_output", "vision"];

const LIST_MAX = 10_000;
const MAX_NAME = 500;
const EXPIRY_S = { min: 3600, max: 2_592_000 };

const fileSchema = z.object({
  id: z.string().openapi({ description: "Names the file in paths and jobs.", example: "file-01k0…" }),
  object: z.literal("file").describe("What this is."),
  bytes: z.int().describe("Its size."),
  created_at: z.int().describe("Seconds since 1970."),
  expires_at: z.int().nullable().describe("When it goes, in seconds since 1970; null: never."),
  filename: z.string().describe("As it was sent."),
  purpose: z.enum(FILE_PURPOSES).describe("What it is for."),
  status: z.enum(["uploaded", "processed", "error"]).describe("processed at once."),
  status_details: z.null().describe("Always null."),
}).meta(component("OpenAIFile"));

/** A file as OpenAI's clients see it. */
export function fileView(row: FileRow): z.output<typeof fileSchema> {
  return {
    id: openaiId("file", row.id),
    object: "file",
    bytes: row.bytes,
    created_at: unixSeconds(row.created_at),
    expires_at: unixSeconds(row.expires_at),
    filename: row.name,
    purpose: row.purpose,
    status: "processed",
    status_details: null,
  };
}

const params = z.object({
  id: z.string().max(100).openapi({ description: "Which file, by its id.", example: "file-01k0…" }),
});

const create = createRoute({
  ...{ method: "post", path: "/v1/files", tags, operationId: "createFile" },
  summary: "Send a file",
  description:
    "A form (multipart/form-data) with the file in it, in any order. It is written to the disk while it comes, up to MAX_FILE_BYTES.",
  request: {
    // As a plain schema, which nothing reads the body by.
    body: {
      required: true,
      content: {
        "multipart/form-data": {
          schema: {
            type: "object",
            properties: {
              file: { type: "string", format: "binary", description: "The file." },
              purpose: { type: "string", enum: [...UPLOAD_PURPOSES], description: "What it is for." },
              "expires_after[anchor]": {
                type: "string",
                description: "created_at, which is what seconds count from.",
              },
              "expires_after[seconds]": {
                type: "integer",
                minimum: EXPIRY_S.min,
                maximum: EXPIRY_S.max,
                description: "How long the file stays. Default: until it is deleted.",
              },
            },
            required: ["file", "purpose"],
          },
        },
      },
    },
  },
  responses: {
    200: { description: "The file", content: json(fileSchema) },
    ...openaiErrorResponses([400, 401, 403, 405, 408, 413, 415, 429, 500, 503]),
  },
});

const list = createRoute({
  ...{ method: "get", path: "/v1/files", tags, operationId: "listFiles" },
  summary: "List files, newest first",
  description: "All files that have not expired, those with the results of fine-tuning among them.",
  request: {
    query: z.object({
      ...listQuery("file", { max: LIST_MAX, fallback: LIST_MAX }),
      order: z.enum(["asc", "desc"]).default("desc").openapi({ description: "By the time they came." }),
      purpose: z.string().max(100).optional().openapi({ description: "Only files for this." }),
    }),
  },
  responses: {
    200: { description: "A page of files", content: json(listSchema(fileSchema)) },
    ...openaiErrorResponses([400, 401, 403, 405, 429, 500, 503]),
  },
});

const show = createRoute({
  ...{ method: "get", path: "/v1/files/{id}", tags, operationId: "retrieveFile" },
  summary: "Show a file",
  description: "What is known of a file; its bytes are at …/content.",
  request: { params },
  responses: {
    200: { description: "The file", content: json(fileSchema) },
    ...openaiErrorResponses([400, 401, 403, 404, 405, 429, 500, 503]),
  },
});

const content = createRoute({
  ...{ method: "get", path: "/v1/files/{id}/content", tags, operationId: "downloadFile" },
  summary: "Download a file",
  description: "Its bytes as they were sent. Range and If-None-Match are honoured.",
  request: { params },
  responses: {
    200: {
      description: "The bytes",
      content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
    },
    ...openaiErrorResponses([400, 401, 403, 404, 405, 429, 500, 503]),
  },
});

const deletedSchema = z.object({
  id: z.string().describe("The file that was deleted."),
  object: z.literal("file").describe("What it was."),
  deleted: z.literal(true).describe("That it is gone."),
})
  .meta(component("OpenAIFileDeleted"));

const remove = createRoute({
  ...{ method: "delete", path: "/v1/files/{id}", tags, operationId: "deleteFile" },
  summary: "Delete a file",
  description: "Jobs that were made of it go on: they have their own copy of its rows.",
  request: { params },
  responses: {
    200: { description: "It is gone", content: json(deletedSchema) },
    ...openaiErrorResponses([400, 401, 403, 404, 405, 429, 500, 503]),
  },
});

/** @throws {UserError} naming `purpose` */
function purposeOf(value: string | undefined): FileFields["purpose"] {
  const known = UPLOAD_PURPOSES.find((purpose) => purpose === value);
  if (known) return known;
  const expected = `Expected ${UPLOAD_PURPOSES.join(", ")}`;
  if (value === undefined) throw invalid("purpose", `${expected}, got none`);
  const why = REFUSED_PURPOSES.includes(value) ? `: there is nothing here that reads ${value} files` : "";
  throw invalid("purpose", `${expected}, got '${value.slice(0, 60)}'${why}`);
}

/** @throws {UserError} naming `expires_after.…` */
function expiryOf(fields: MultipartFile["fields"]): number | null {
  const [anchor, seconds] = [fields.get("expires_after[anchor]"), fields.get("expires_after[seconds]")];
  if (anchor === undefined && seconds === undefined) return null;
  if (anchor !== "created_at") {
    throw invalid(
      "expires_after.anchor",
      `Expected created_at, got ${anchor === undefined ? "none" : `'${anchor}'`}`,
    );
  }
  const { min, max } = EXPIRY_S;
  const number = /^\d{1,9}$/.test(seconds ?? "") ? Number(seconds) : NaN;
  if (number >= min && number <= max) return number;
  throw invalid(
    "expires_after.seconds",
    `Expected an integer from ${min} to ${max}, got ${seconds ?? "none"}`,
  );
}

/** The files' routes. */
export function files(context: AppContext): OpenAPIHono<Env> {
  const { files, fineTuning } = context;
  const app = new OpenAPIHono<Env>();

  app.openapi(create, async (c) => {
    c.env?.unhurried?.();
    // What frames a form's parts is a few hundred bytes each.
    const max_bytes = files.max_bytes + 64 * 1024;
    const body = bodyParts(c, { max_bytes, silence_ms: context.body_silence_ms });
    const known = ["purpose", "expires_after[anchor]", "expires_after[seconds]"];
    const type = c.req.header("content-type") ?? "";
    if (!/^\s*multipart\/form-data\s*(;|$)/i.test(type)) {
      throw new UserError(
        "unsupported_media_type",
        `Expected multipart/form-data, got '${type.slice(0, 100)}'`,
      );
    }
    const { parts, fields, file_name } = await multipartFile(type, body, known);
    const row = await files.add({
      parts: refusingEmpty(parts),
      fields: () => ({
        name: file_name.slice(0, MAX_NAME) || "file",
        purpose: purposeOf(fields.get("purpose")),
        expires_after_s: expiryOf(fields),
      }),
      owner: c.get("caller")?.id ?? null,
    }).catch((error) => {
      if (!context.closing.aborted) throw error;
      throw new UserError("runtime_unavailable", "The server is stopping", [], { cause: error });
    });
    c.get("logger").info("File created", { file: row.id, bytes: row.bytes });
    return c.json(fileView(row), 200);
  });

  app.openapi(list, async (c) => {
    const { order, purpose, ...query } = c.req.valid("query");
    await fineTuning.makeResults();
    const one = FILE_PURPOSES.find((known) => known === purpose);
    // A purpose that no file can have.
    const none = purpose !== undefined && one === undefined;
    const page = none
      ? { rows: [], has_more: false }
      : await files.list({ ...query, purpose: one, newestFirst: order === "desc" });
    return c.json(listBody(page, fileView), 200);
  });

  const find = (asked: string) => byOwnId("file", asked, (id) => files.get(id));

  app.openapi(show, async (c) => c.json(fileView(await find(c.req.valid("param").id)), 200));

  app.openapi(content, async (c) => {
    const row = await find(c.req.valid("param").id);
    const file = await Deno.open(files.path(row.id)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new UserError("damaged_data", `The bytes of the file '${openaiId("file", row.id)}' are gone`);
    });
    const pieces = [{ file, bytes: row.bytes }];
    const type = "application/octet-stream";
    return undescribed(fileAnswer(c, { name: row.name, type, tag: row.sha256, pieces }));
  });

  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    await byOwnId("file", id, (own) => fineTuning.deleteFile(own));
    return c.json({ id, object: "file" as const, deleted: true as const }, 200);
  });

  return app;
}

/** @throws {UserError} naming `file` when there is not a byte of it */
async function* refusingEmpty(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const part of parts) {
    bytes += part.length;
    yield part;
  }
  if (bytes === 0) throw invalid("file", "Expected a file with something in it, got an empty one");
}
