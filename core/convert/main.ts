/**
 * A process that makes a store of rows out of one uploaded file: what an untrusted file makes a parser do holds up no
 * request and takes no memory of the server's. It reads the file, writes the folder, and may do nothing else; what came of
 * it is one line on stdout.
 */
import type { ConversionFormat, ConvertAnswer } from "../contract/dataset_conversion.ts";
import type { FineTuneMethod } from "../contract/fine_tune_rows.ts";
import { errorRecord, saysMore } from "../errors.ts";
import { RowWriter } from "../formats/row_store.ts";
import { RowSink } from "./row_sink.ts";

type Reader = (path: string, sink: RowSink, maxGroupBytes: number) => Promise<void>;

/** What reads each format, loaded when it is needed; one without a row does not compile. */
const READERS: Record<ConversionFormat, () => Promise<Reader>> = {
  jsonl: async () => (await import("./read_jsonl.ts")).readJsonl,
  csv: async () => (await import("./read_csv.ts")).readCsv,
  parquet: async () => (await import("./read_parquet.ts")).readParquet,
  reinforcement: () => fineTune("reinforcement"),
  supervised: () => fineTune("supervised"),
};

async function fineTune(method: FineTuneMethod): Promise<Reader> {
  const { readFineTune } = await import("./read_fine_tune.ts");
  return (path, sink) => readFineTune(method, path, sink);
}

const [format, source, folder, maxGroupBytes] = Deno.args as [ConversionFormat, string, string, string];

let answer: ConvertAnswer;
try {
  const read = await READERS[format]();
  using writer = new RowWriter(folder);
  const sink = new RowSink(writer);
  await read(source, sink, Number(maxGroupBytes));
  answer = { about: sink.finish() };
} catch (thrown) {
  const error = errorRecord(thrown);
  if (saysMore(thrown, error)) console.error(thrown);
  answer = { error };
}
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(answer) + "\n"));
