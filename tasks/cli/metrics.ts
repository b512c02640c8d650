/** A job's metrics as a file for other programs. */
import { jobPath } from "./client.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { UsageError } from "./usage_error.ts";

export const metrics: Command = {
  words: "JOB",
  what: "Print the metrics of a job as a table",
  takes: [1, 1],
  options: {
    scope: { type: "string", value: "SCOPE", what: "step (default), epoch or evaluation" },
    format: { type: "string", value: "FORMAT", what: "csv (default), ndjson or parquet" },
    output: { type: "string", short: "o", value: "FILE", what: "write them there" },
  },
  async run({ client, terminal, words: [id], options, json }) {
    const format = options.text("format") ?? (json ? "ndjson" : "csv");
    const output = options.text("output");
    if (format === "parquet" && output === undefined) {
      throw new UsageError("Expected --output FILE: Parquet is not for reading");
    }
    const query = new URLSearchParams({ format, scope: options.text("scope") ?? "step" });
    const { body } = await client.send("GET", jobPath(id!, `/metrics?${query}`));
    if (output !== undefined) await Deno.writeFile(output, body!);
    else for await (const text of body!.pipeThrough(new TextDecoderStream())) terminal.piece(text);
    return EXIT.done;
  },
};
