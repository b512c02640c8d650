/** How datasets look in answers. */
import { z } from "zod";
import { component } from "./component.ts";
import { DATASET_FORMATS } from "./dataset_conversion.ts";
import { time } from "./time.ts";

export const datasetSchema = z.object({
  id: z.string().describe("What a job names in dataset."),
  name: z.string().describe("As it was sent."),
  format: z.enum(DATASET_FORMATS).describe("Of the file that was sent."),
  rows: z.int().describe("How many it has."),
  columns: z.array(z.string()).describe("Names, in the order in which the rows first have them."),
  bytes: z.int().describe("Of the file that was sent, unpacked where it came with a Content-Encoding."),
  sha256: z.string().describe("Of the same bytes, in hexadecimal."),
  created_at: time.describe("When it was sent."),
}).meta(component("Dataset"));

export type DatasetView = z.output<typeof datasetSchema>;

/** A row by its columns. */
export const datasetRowSchema = z.record(z.string(), z.unknown()).meta(component("DatasetRow"));
