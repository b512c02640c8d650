/** The one file of a form, as browsers and `curl -F` send it, in parts as it comes. */
import type { Readable } from "node:stream";
import { once } from "node:events";
import { invalid, UserError } from "../core/errors.ts";

/** A field's value, such as a name. */
const MAX_FIELD_BYTES = 4096;
const MAX_FIELDS = 10;

export interface MultipartFile {
  /** Its bytes; when they end, all fields have come. */
  parts: AsyncIterable<Uint8Array>;
  media_type: string;
  file_name: string;
  /** What has come of the form's other fields so far. */
  fields: ReadonlyMap<string, string>;
}

/**
 * Reads a form up to where its file begins.
 *
 * @param fields that the form may have beside its file
 * @throws {UserError} when it is no form, has no file, or, while the file is read, when it has another or an unknown field
 */
export async function multipartFile(
  contentType: string,
  body: AsyncIterable<Uint8Array>,
  known: readonly string[],
): Promise<MultipartFile> {
  const { Busboy } = await import("@fastify/busboy");
  let parser: InstanceType<typeof Busboy>;
  try {
    parser = new Busboy({
      headers: { "content-type": contentType },
      limits: {
        files: 1,
        fields: MAX_FIELDS,
        fieldSize: MAX_FIELD_BYTES,
        fieldNameSize: 100,
        headerPairs: 20,
      },
    });
  } catch (error) {
    throw malformed(error);
  }
  const fields = new Map<string, string>();
  const begun = Promise.withResolvers<Omit<MultipartFile, "parts" | "fields"> & { stream: Readable }>();
  const ended = Promise.withResolvers<void>();
  begun.promise.catch(() => {});
  ended.promise.catch(() => {});
  let stream: Readable | undefined;
  const fail = (error: unknown) => {
    begun.reject(error);
    ended.reject(error);
    stream?.destroy(error as Error);
  };
  parser.on("file", (_field, file, file_name, _encoding, media_type) => {
    stream = file;
    // It may fail before anybody reads it.
    file.on("error", () => {});
    begun.resolve({ stream: file, file_name: file_name ?? "", media_type: media_type ?? "" });
  });
  parser.on("field", (name, value, isNameCut, isValueCut) => {
    if (isNameCut || !known.includes(name)) {
      fail(invalid(name.slice(0, 100), `Expected a file and fields among ${known.join(", ")}`));
    } else if (isValueCut) fail(invalid(name, `Expected at most ${MAX_FIELD_BYTES} bytes`));
    else fields.set(name, value);
  });
  parser.on("filesLimit", () => fail(invalid("body", "Expected one file, got more")));
  parser.on("fieldsLimit", () => fail(invalid("body", `Expected at most ${MAX_FIELDS} fields, got more`)));
  parser.on("error", (error: unknown) => fail(malformed(error)));
  parser.on("finish", () => {
    begun.reject(invalid("body", "Expected a form with a file, got none"));
    ended.resolve();
  });
  feed(parser, body, ended.promise).catch(fail);
  const { stream: file, ...about } = await begun.promise;
  return { ...about, fields, parts: partsOf(file, ended.promise) };
}

async function feed(
  parser: NodeJS.WritableStream,
  body: AsyncIterable<Uint8Array>,
  ended: Promise<void>,
): Promise<void> {
  for await (const part of body) {
    if (!parser.write(part)) await Promise.race([once(parser, "drain"), ended]);
  }
  parser.end();
}

async function* partsOf(file: Readable, ended: Promise<void>): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of file) yield part;
  } catch (error) {
    // The stream's own words for an end that came too early say less than the form's.
    await ended;
    throw error;
  }
  await ended;
}

function malformed(cause: unknown): UserError {
  return new UserError("malformed_request", "The body is not a multipart/form-data form, or is cut off", [], {
    cause,
  });
}
