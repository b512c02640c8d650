/** What the server and the engines said of a job. */
import { jobPath, type Json } from "./client.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { plain } from "./terminal.ts";

const POLL_MS = 1000;
const OVER: readonly string[] = ["succeeded", "failed", "cancelled"];

export const logs: Command = {
  words: "JOB",
  what: "Print the log of a job",
  takes: [1, 1],
  options: {
    tail: { type: "string", short: "n", value: "N", what: "the last N lines alone" },
    follow: { type: "boolean", short: "f", what: "go on until the job is over" },
  },
  async run({ client, terminal, words: [id], options, json }) {
    const tail = options.number("tail");
    let query = tail === undefined ? "limit=1000" : `tail=${tail}`;
    for (;;) {
      // Asked for before the lines: what comes between the two is not the last.
      const { status } = await client.call("GET", jobPath(id!));
      const page: Json = await client.call("GET", jobPath(id!, `/logs?${query}`));
      for (const line of page.data) {
        terminal.print(json ? JSON.stringify(line) : `${line.time} ${line.attempt} ${plain(line.line)}`);
      }
      if (page.next_cursor) query = `limit=1000&after=${encodeURIComponent(page.next_cursor)}`;
      if (page.has_more) continue;
      if (!options.is("follow") || OVER.includes(status)) return EXIT.done;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  },
};
