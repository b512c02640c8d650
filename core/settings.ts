/** What the environment says about the API process, read once; `main.ts` hands it in and nobody else looks. */
import { resolve } from "node:path";
import { z } from "zod";
import { deviceSchema } from "./device.ts";
import { UserError } from "./errors.ts";
import { OutboundGuard } from "./outbound/outbound_guard.ts";

const list = (separator: string) =>
  z.string().default("").transform((text) =>
    text.split(separator).map((part) => part.trim()).filter(Boolean)
  );

const integer = (min: number, max: number) =>
  z.string().regex(/^\d{1,9}$/, "Expected a whole number").transform(Number).pipe(
    z.number().min(min).max(max),
  );

const environmentSchema = z.object({
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: integer(0, 65535).default(8000),
  DATA_DIR: z.string().min(1).default("./data").transform((path) => resolve(path)),
  MODELS_DIR: list(":").transform((paths) => paths.map((path) => resolve(path))),
  API_KEYS: list(","),
  DEVICE: deviceSchema.default("cpu"),
  THREADS: integer(1, 1024).optional(),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  MAX_CONCURRENT_JOBS: integer(1, 64).default(1),
  REQUEST_TIMEOUT_S: integer(1, 86_400).default(600),
  SERVING_MEMORY: z.string().regex(
    /^([1-9]\d?|100)%$|^[1-9]\d{0,15}$|^[1-9]\d{0,5}[KMGT]$/,
    "Expected a share of the machine's memory such as 25%, or bytes such as 512M or 4G",
  ).default("25%"),
  OUTBOUND_ALLOW: list(","),
  HF_ENDPOINT: z.string().regex(/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/, "Expected an http or https URL")
    .default("https://huggingface.co").transform((url) => url.replace(/\/+$/, "")),
  HF_TOKEN: z.string().startsWith("hf_", "Expected a token, which begins with hf_").optional(),
});

export type Settings = z.output<typeof environmentSchema>;

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
      return `${name} is '${name === "HF_TOKEN" ? "…" : given[name] ?? ""}': ${message}`;
    });
    throw new UserError("invalid_request", `Cannot read the environment: ${faults.join("; ")}`);
  }
  const settings = result.data;
  new OutboundGuard(settings.OUTBOUND_ALLOW);
  if (settings.API_KEYS.length === 0 && !isLoopback(settings.HOST)) {
    throw new UserError(
      "invalid_request",
      `Cannot listen on HOST '${settings.HOST}' without authentication: set API_KEYS, or HOST to 127.0.0.1`,
    );
  }
  return settings;
}
