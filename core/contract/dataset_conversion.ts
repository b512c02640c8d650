/** Formats that a dataset may be sent in, and what the process that reads them answers. */
import { z } from "zod";
import type { FineTuneMethod } from "./fine_tune_rows.ts";
import type { ErrorRecord } from "../errors.ts";

export const DATASET_FORMATS = ["jsonl", "csv", "parquet"] as const;

export type DatasetFormat = (typeof DATASET_FORMATS)[number];

/** What rows are made of: files of a dataset, or of OpenAI's fine-tuning, which are two. */
export type ConversionFormat = DatasetFormat | FineTuneMethod;

/** The name of the second, in the folder of the first. */
export const VALIDATION_FILE = "validation.jsonl";

export const aboutRowsSchema = z.object({
  rows: z.int().min(0),
  columns: z.array(z.string()),
});

/** How many rows there are, and which fields they have, in the order in which they first appear. */
export type AboutRows = z.output<typeof aboutRowsSchema>;

/** The same as they are made: how many of the last ones are for measuring. */
export type MadeRows = AboutRows & { held_out: number };

export type ConvertAnswer = { about: MadeRows; error?: undefined } | { error: ErrorRecord };

/** Media types by the format that they name. */
const TYPES: Record<DatasetFormat, readonly string[]> = {
  jsonl: [
    "application/jsonl",
    "application/x-ndjson",
    "application/ndjson",
    "application/x-jsonlines",
    "application/jsonlines",
    "application/json-lines",
    "text/jsonl",
  ],
  csv: ["text/csv", "application/csv", "text/tab-separated-values"],
  parquet: ["application/vnd.apache.parquet", "application/x-parquet", "application/parquet"],
};

/** Ends of names by the format that they name. */
const ENDS: Record<DatasetFormat, RegExp> = {
  jsonl: /\.(jsonl|ndjson|jsonlines)$/i,
  csv: /\.(csv|tsv)$/i,
  parquet: /\.(parquet|pq)$/i,
};

/** The format that a media type names, or, where it says nothing of that, a file's name; null where neither does. */
export function formatOf(mediaType: string, name = ""): DatasetFormat | null {
  const type = mediaType.split(";")[0]!.trim().toLowerCase();
  return DATASET_FORMATS.find((format) => TYPES[format].includes(type)) ??
    DATASET_FORMATS.find((format) => ENDS[format].test(name)) ?? null;
}

/** A media type of each format, for whoever has to choose one. */
export const MEDIA_TYPES = DATASET_FORMATS.map((format) => TYPES[format][0]!);
