/** Parquet files, one row group at a time: what is compressed is in memory for that group alone. */
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { cutText } from "../cut_text.ts";
import type { RowSink } from "./row_sink.ts";

/** Of a file's end, which says what is in it. */
const MAX_FOOTER_BYTES = 64 * 1024 * 1024;

/**
 * Puts the rows of the file into `sink`.
 *
 * @param maxGroupBytes of one row group, uncompressed
 */
export async function readParquet(path: string, sink: RowSink, maxGroupBytes: number): Promise<void> {
  const { size } = Deno.statSync(path);
  const file: AsyncBuffer = {
    byteLength: size,
    slice: (from, to = size) => Promise.resolve(bytesOf(path, from, Math.min(to, size))),
  };
  const metadata = await metadataOf(file, path, sink);
  sink.columns(parquetSchema(metadata).children.map(({ element }) => element.name), "body");
  let index = 0;
  for (const [number, group] of metadata.row_groups.entries()) {
    const bytes = Number(group.total_byte_size);
    if (bytes > maxGroupBytes) {
      sink.stop(
        `row group ${number}`,
        `Expected row groups of at most ${maxGroupBytes} bytes, got ${bytes}: write the file with smaller ones`,
      );
    }
    const rowEnd = index + Number(group.num_rows);
    let rows: Record<string, unknown>[];
    try {
      rows = await parquetReadObjects({ file, metadata, compressors, rowStart: index, rowEnd });
    } catch (error) {
      sink.stop(`row group ${number}`, `Cannot read it: ${cutText((error as Error).message, 200)}`);
    }
    if (rows.length !== rowEnd - index) {
      sink.stop(`row group ${number}`, `Expected ${rowEnd - index} rows, got ${rows.length}`);
    }
    for (const row of rows) sink.row(`row ${index++}`, row);
  }
}

async function metadataOf(file: AsyncBuffer, path: string, sink: RowSink): Promise<FileMetaData> {
  const { byteLength } = file;
  const ends = byteLength < 12 ? null : [bytesOf(path, 0, 4), bytesOf(path, byteLength - 8, byteLength)];
  const text = (bytes: ArrayBuffer) => new TextDecoder().decode(bytes);
  if (ends === null || text(ends[0]!) !== "PAR1" || text(ends[1]!.slice(4)) !== "PAR1") {
    sink.stop("body", "Expected a whole Parquet file, which begins and ends with PAR1");
  }
  const footer = new DataView(ends![1]!).getUint32(0, true);
  if (footer > Math.min(MAX_FOOTER_BYTES, byteLength - 12)) {
    sink.stop("body", `Expected a Parquet footer of at most ${MAX_FOOTER_BYTES} bytes, got ${footer}`);
  }
  try {
    return await parquetMetadataAsync(file);
  } catch (error) {
    sink.stop("body", `Cannot read the Parquet footer: ${cutText((error as Error).message, 200)}`);
  }
}

function bytesOf(path: string, from: number, to: number): ArrayBuffer {
  using file = Deno.openSync(path);
  file.seekSync(from, Deno.SeekMode.Start);
  const bytes = new Uint8Array(Math.max(to - from, 0));
  for (let at = 0; at < bytes.length;) {
    const count = file.readSync(bytes.subarray(at));
    if (count === null) throw new RangeError("The file ends before what it says is in it");
    at += count;
  }
  return bytes.buffer;
}
