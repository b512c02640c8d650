/** What the environment says about the API process, read once; `main.ts` hands it in and nobody else looks. */
import { resolve } from "node:path";
import { z } from "zod";
import { deviceSchema } from "../device_name.ts";
import { editDistance } from "./edit_distance.ts";
import { dataFolder, modelFolders } from "./folders.ts";
import { UserError } from "../errors.ts";
import { OutboundGuard } from "../outbound/outbound_guard.ts";
import { LAUNCHERS } from "../processes/launchers.ts";

const list = (separator: string) =>
  z.string().default("").transform((text) =>
    text.split(separator).map((part) => part.trim()).filter(Boolean)
  );

const integer = (min: number, max: number) => {
  const message = `Expected an integer from ${min} to ${max}`;
  return z.string().regex(/^\d{1,9}$/, message).transform(Number).pipe(
    z.number().min(min, message).max(max, message),
  );
};

/** Of generations; scores are float32. */
export const SERVING_PRECISIONS = ["float32", "int8"] as const;

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

/** Brackets are a URL's, and a port has a variable of its own. */
const host = z.string().transform((text) => text.trim().toLowerCase().replace(/^\[(.*)\]$/, "$1")).refine(
  (text) =>
    text.includes(":") ? URL.canParse(`http://[${text}]`) : /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text),
  "Expected a name or an address, without scheme and port",
);

/** Only what a header can hold and a client will send as it is. */
const apiKeys = z.string().transform((text) => text.split(",").map((part) => part.trim()).filter(Boolean))
  .check(
    ({ value, issues }) => {
      const fault = (message: string) => issues.push({ code: "custom", message, input: value });
      if (value.length === 0) fault("Expected keys, separated by commas: there is none");
      const at = value.findIndex((key) => !/^[\x21-\x7e]+$/.test(key));
      if (at >= 0) {
        fault(
          `Expected keys of visible ASCII characters, separated by commas: key ${
            at + 1
          } has a space or another character`,
        );
      }
    },
  );

/** Origins as browsers write them. */
const origins = list(",").check(({ value, issues }) => {
  for (const origin of value) {
    const url = URL.parse(origin);
    if (url && /^https?:$/.test(url.protocol) && url.origin === origin.toLowerCase()) continue;
    const message = origin === "*"
      ? "Expected the origins by name: '*' would let every web page in"
      : `Expected origins such as https://app.example.com, separated by commas, got '${origin}'`;
    issues.push({ code: "custom", message, input: value });
  }
}).transform((all) => all.map((origin) => origin.toLowerCase()));

const DATABASE_URL_FORM =
  "Expected the address of a libSQL server, such as http://db.internal:8080 or libsql://db.example.com";

const environmentSchema = z.object({
  HOST: host.default("127.0.0.1"),
  PORT: integer(0, 65535).default(8000),
  DATA_DIR: z.string().optional().transform(dataFolder),
  MODELS_DIR: z.string().optional().transform(modelFolders),
  DATABASE_URL: z.string().regex(/^(https?|libsql):\/\/[^\s/?#@]+\/?$/, DATABASE_URL_FORM)
    .refine((url) => URL.canParse(url), DATABASE_URL_FORM)
    .transform((url) => url.replace(/^libsql:/, "https:").replace(/\/$/, "")).optional(),
  DATABASE_AUTH_TOKEN: z.string().regex(/^[\x21-\x7e]+$/, "Expected visible ASCII characters").optional(),
  DATABASE_LEASE_S: integer(2, 3600).default(30),
  API_KEYS: apiKeys.default([]),
  RATE_LIMIT: integer(0, 1_000_000).default(6000),
  EVENT_STREAMS_PER_KEY: integer(1, 5000).default(2000),
  CORS_ORIGINS: origins,
  DEVICE: deviceSchema.default("cpu"),
  THREADS: integer(1, 1024).optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, `Expected one of ${LOG_LEVELS.join(", ")}`).default("info"),
  MAX_CONCURRENT_JOBS: integer(1, 1000).default(1),
  REQUEST_TIMEOUT_S: integer(1, 86_400).default(600),
  SHUTDOWN_GRACE_S: integer(0, 86_400).default(25),
  SERVING_MEMORY: z.string().regex(
    /^([1-9]\d?|100)%$|^[1-9]\d{0,15}$|^[1-9]\d{0,5}[KMGT]$/,
    "Expected a share of the machine's memory such as 25%, or bytes such as 512M or 4G",
  ).default("10%"),
  MAX_DATASET_BYTES: z.string().regex(
    /^[1-9]\d{0,15}$|^[1-9]\d{0,5}[KMGT]$/,
    "Expected bytes such as 512M or 4G",
  ).default("4G"),
  MAX_FILE_BYTES: z.string().regex(
    /^[1-9]\d{0,15}$|^[1-9]\d{0,5}[KMGT]$/,
    "Expected bytes such as 512M or 4G",
  ).default("512M"),
  SERVING_IDLE_S: integer(1, 604_800).default(300),
  SERVING_PROCESSES: integer(1, 256).default(6),
  SERVING_ENGINES: integer(1, 16).default(1),
  SERVING_PRECISION: z.enum(SERVING_PRECISIONS, `Expected one of ${SERVING_PRECISIONS.join(", ")}`)
    .default("float32"),
  METRICS_PUBLIC: z.enum(["true", "false"], "Expected true or false").default("false")
    .transform((text) => text === "true"),
  OUTBOUND_ALLOW: list(","),
  HF_ENDPOINT: z.string().regex(/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/, "Expected an http or https URL")
    .refine((url) => URL.canParse(url), "Expected an http or https URL")
    .default("https://huggingface.co").transform((url) => url.replace(/\/+$/, "")),
  HF_TOKEN: z.string().startsWith("hf_", "Expected a token, which begins with hf_").optional(),
  ORT_LIBRARY: z.string().optional(),
  GRADER_BASE_URL: z.string().regex(/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/, "Expected an http or https URL")
    .refine((url) => URL.canParse(url), "Expected an http or https URL").optional(),
  GRADER_API_KEY: z.string().regex(/^[\x21-\x7e]+$/, "Expected visible ASCII characters").optional(),
  GRADER_PYTHON_SECONDS: integer(1, 600).default(30),
  GRADER_PYTHON_MB: integer(64, 4096).default(512),
  ROLLOUT_ADAPTERS_DIR: z.string().optional().transform((text) => text ? resolve(text) : null),
  LAUNCHER: z.enum(LAUNCHERS, `Expected one of ${LAUNCHERS.join(", ")}`).default("local"),
  LAUNCHER_ARGS: list(" "),
  RAY_ADDRESS: z.string().regex(/^https?:\/\/[^\s/?#@]+\/*$/, "Expected an http or https URL").optional()
    .transform((url) => url?.replace(/\/+$/, "")),
  RAY_AUTH_TOKEN: z.string().regex(/^[\x21-\x7e]+$/, "Expected visible ASCII characters").optional(),
  MPI_LIBRARY: z.string().optional(),
  REPLICA_TIMEOUT_S: integer(1, 86_400).default(600),
});

export type Settings = z.output<typeof environmentSchema>;

/** Each variable for people: what it is, and what holds without it. */
export const VARIABLES: Readonly<Record<keyof Settings, { what: string; otherwise: string | null }>> = {
  HOST: { what: "Address to listen on; others than loopback need an API key", otherwise: "127.0.0.1" },
  PORT: { what: "Port to listen on; 0 takes any free one", otherwise: "8000" },
  DATA_DIR: {
    what: "Database, checkpoints, models from a hub; one server at a time",
    otherwise: "./data",
  },
  DATABASE_URL: {
    what: "libSQL server whose database several servers share",
    otherwise: null,
  },
  DATABASE_AUTH_TOKEN: { what: "Its token", otherwise: null },
  DATABASE_LEASE_S: {
    what: "Seconds until a silent server's jobs are taken over",
    otherwise: "30",
  },
  MODELS_DIR: { what: "Folders of model folders, separated by colons", otherwise: null },
  API_KEYS: {
    what: "Keys that /v1 takes beside those of 'deno task keys', separated by commas",
    otherwise: null,
  },
  RATE_LIMIT: { what: "Requests that a key may send in a minute; 0: any number", otherwise: "6000" },
  EVENT_STREAMS_PER_KEY: { what: "Event streams that a key may have open", otherwise: "2000" },
  CORS_ORIGINS: { what: "Origins whose web pages may use the API, separated by commas", otherwise: null },
  MAX_CONCURRENT_JOBS: { what: "Jobs that train at the same time", otherwise: "1" },
  REQUEST_TIMEOUT_S: { what: "Seconds that a generation or a score may take", otherwise: "600" },
  SHUTDOWN_GRACE_S: { what: "Seconds that running steps may take when the server stops", otherwise: "25" },
  SERVING_MEMORY: { what: "What idle models may hold: a share of memory, or bytes", otherwise: "10%" },
  MAX_DATASET_BYTES: {
    what: "Largest file of a dataset, as it is sent and when it is unpacked",
    otherwise: "4G",
  },
  MAX_FILE_BYTES: { what: "Largest file that POST /v1/files takes", otherwise: "512M" },
  SERVING_IDLE_S: { what: "Seconds that an idle model stays loaded", otherwise: "300" },
  SERVING_PROCESSES: {
    what: "Sets of models that have processes for generations, scores and checks",
    otherwise: "6",
  },
  SERVING_ENGINES: { what: "Processes that each of these may have, which share THREADS", otherwise: "1" },
  SERVING_PRECISION: {
    what: "What generations multiply by: float32 or int8",
    otherwise: "float32",
  },
  METRICS_PUBLIC: { what: "true: /metrics is answered without a key", otherwise: "false" },
  OUTBOUND_ALLOW: { what: "Private hosts and ranges that webhooks may reach", otherwise: null },
  HF_ENDPOINT: { what: "Hub that models are downloaded from", otherwise: "https://huggingface.co" },
  HF_TOKEN: { what: "Token for the hub's private and gated models", otherwise: null },
  THREADS: { what: "Threads per engine process", otherwise: "all CPUs" },
  DEVICE: { what: "Where models run: cpu, cuda or cuda:N", otherwise: "cpu" },
  LOG_LEVEL: { what: LOG_LEVELS.join(", "), otherwise: "info" },
  GRADER_BASE_URL: { what: "Judge of score_model graders, as https://api.example.com/v1", otherwise: null },
  GRADER_API_KEY: { what: "Its key", otherwise: null },
  GRADER_PYTHON_SECONDS: { what: "Seconds that a Python grader may take for a row", otherwise: "30" },
  GRADER_PYTHON_MB: { what: "MiB of memory that a Python grader may use", otherwise: "512" },
  ORT_LIBRARY: { what: "Path of another onnxruntime library", otherwise: null },
  ROLLOUT_ADAPTERS_DIR: {
    what: "Folder that rollout servers read adapters from, which jobs write there",
    otherwise: null,
  },
  LAUNCHER: { what: "What places the processes of a job: local, mpiexec, slurm or ray", otherwise: "local" },
  LAUNCHER_ARGS: { what: "What else its command line has, separated by spaces", otherwise: null },
  RAY_ADDRESS: { what: "Ray's dashboard, of LAUNCHER=ray, as http://head:8265", otherwise: null },
  RAY_AUTH_TOKEN: { what: "Its token", otherwise: null },
  MPI_LIBRARY: { what: "Path of another MPI's libmpi_abi.so.1", otherwise: ".mpi/lib/libmpi_abi.so.1" },
  REPLICA_TIMEOUT_S: { what: "Seconds that a job's process may wait for the others", otherwise: "600" },
};

/** Their values are told to nobody. */
const SECRET: ReadonlySet<string> = new Set([
  "API_KEYS",
  "DATABASE_AUTH_TOKEN",
  "GRADER_API_KEY",
  "HF_TOKEN",
  "RAY_AUTH_TOKEN",
]);

/** A value on one line. */
function shown(name: string, value = ""): string {
  if (SECRET.has(name)) return "…";
  // deno-lint-ignore no-control-regex
  return value.replaceAll(/[\u0000-\u001f\u007f]/g, " ").slice(0, 200);
}

/** A sentence for a variable whose value will not do. */
export function settingFault(name: keyof Settings, value: string | undefined, message: string): UserError {
  return new UserError("invalid_request", `${name} is '${shown(name, value)}': ${message}`);
}

/** Names that somebody may have meant for one of ours, each with a sentence. */
export function mistakenNames(environment: Record<string, string>): string[] {
  const plain = (name: string) => name.toUpperCase().replaceAll(/[-_]/g, "");
  return Object.keys(environment).filter((name) => !Object.hasOwn(VARIABLES, name)).flatMap((name) => {
    const near = Object.keys(VARIABLES).map((known) => ({
      known,
      distance: editDistance(plain(name).slice(0, 40), plain(known)),
    })).filter(({ known, distance }) => distance <= (plain(known).length < 8 ? 1 : 2))
      .sort((a, b) => a.distance - b.distance);
    return near.length === 0
      ? []
      : [`'${name}' is no setting of this server: did you mean ${near[0]!.known}?`];
  });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/**
 * Reads and checks the variables. An empty one counts as not set.
 *
 * @throws UserError that names the variable and what would be right.
 */
export function readSettings(environment: Record<string, string>): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const result = environmentSchema.safeParse(given);
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      return `${name} is '${shown(name, given[name])}': ${message}`;
    });
    throw new UserError("invalid_request", `Cannot read the environment: ${faults.join("; ")}`);
  }
  const settings = result.data;
  if (settings.LAUNCHER === "ray" && settings.RAY_ADDRESS === undefined) {
    throw new UserError(
      "invalid_request",
      "RAY_ADDRESS is not set: LAUNCHER=ray needs it, as http://head:8265",
    );
  }
  new OutboundGuard(settings.OUTBOUND_ALLOW);
  return settings;
}

/** @throws UserError when others than this machine could ask a server that needs no key */
export function requireKeys({ HOST }: Pick<Settings, "HOST">, required: boolean): void {
  if (required || isLoopback(HOST)) return;
  throw new UserError(
    "invalid_request",
    `Cannot listen on HOST '${HOST}' without authentication: set API_KEYS, make a key with 'deno task keys create', ` +
      "or set HOST to 127.0.0.1",
  );
}
