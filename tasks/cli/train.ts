/** Starts a job from a file, as POST /v1/training-jobs takes it. */
import type { Json } from "./client.ts";
import type { Command, Given } from "./command.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { followJob, followOptions } from "./follow_job.ts";
import { readJson } from "./read_input.ts";
import { duration } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";

export const train: Command = {
  words: "FILE",
  what: "Start a job from a JSON file, or from - for standard input",
  takes: [1, 1],
  options: {
    follow: { type: "boolean", short: "f", what: "follow it to its end" },
    set: {
      type: "string",
      multiple: true,
      short: "s",
      value: "FIELD=VALUE",
      what: "give a field another value, such as ppo.learning_rate=0.001; may be repeated",
    },
    "dry-run": {
      type: "boolean",
      short: "n",
      what: "check the job and say what it would need; start nothing",
    },
    "idempotency-key": {
      type: "string",
      value: "KEY",
      what: "the same key and job give the job that was started before",
    },
    ...followOptions,
  },
  async run(given) {
    const { client, terminal, words, options, json } = given;
    const job = options.texts("set").reduce(withField, await readJson(words[0]!, "a job"));
    if (options.is("dry-run")) return await dryRun(given, job);
    const key = options.text("idempotency-key");
    const headers: Record<string, string> = key === undefined ? {} : { "idempotency-key": key };
    const started = await client.call("POST", "/v1/training-jobs", { body: job, headers });
    if (options.is("follow")) return await followJob(given, started.id);
    if (json) terminal.json(started);
    else {
      terminal.print(started.id);
      terminal.note(`${started.status}; follow it: proximal follow ${started.id}`);
    }
    return EXIT.done;
  },
};

async function dryRun({ client, terminal, json }: Given, job: Json): Promise<ExitCode> {
  const answer = await client.call("POST", "/v1/training-jobs/dry-run", { body: job });
  if (json) {
    terminal.json(answer);
    return EXIT.done;
  }
  const { plan: { steps, estimate }, rows } = answer;
  terminal.print(`${steps} steps over ${rows.count} ${rows.field}`);
  terminal.print(`about ${(estimate.memory_bytes / 1024 ** 3).toFixed(2)} GiB of memory`);
  if (estimate.step_seconds) terminal.print(`about ${duration(estimate.step_seconds * steps)}`);
  terminal.print("nothing was started");
  return EXIT.done;
}

/** A job with one field of another value, which is JSON where it can be read as such, else a text. */
function withField(job: Json, setting: string): Json {
  const [, path, text] = /^([\w.-]+)=([^]*)$/.exec(setting) ?? [];
  if (path === undefined) throw new UsageError(`Expected --set FIELD=VALUE, got '${setting}'`);
  let value: Json;
  try {
    value = JSON.parse(text!);
  } catch {
    value = text;
  }
  const set = (at: Json, [key, ...rest]: string[]): Json => {
    const own = typeof at === "object" && at !== null ? at : {};
    const changed = Array.isArray(own) ? [...own] : { ...own };
    changed[key!] = rest.length === 0 ? value : set(own[key!], rest);
    return changed;
  };
  return set(job, path.split("."));
}
