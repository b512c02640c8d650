/** The real server on a host of the check, and what is asked of it. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, type Json } from "../cli/client.ts";
import type { Host } from "./hosts.ts";
import { until } from "./place.ts";

const PORT = 8000;
const KEY = "the-key-of-the-cluster-check-0123456789";
/** Longer than anything here takes on a busy machine. */
const PATIENCE_S = 240;

export const OVER: readonly string[] = ["succeeded", "failed", "cancelled"];

/**
 * Eight rows of one length, as nobody ends so early: two workers of one process take four each, as two processes do. A
 * checkpoint an epoch, which is a step.
 */
export const JOB = {
  kind: "ppo",
  model: "tiny",
  prompts: Array.from({ length: 8 }, () => ({ text: "POST: My bike was stolen.\nTL;DR:" })),
  reward: { type: "keywords", keywords: ["e"] },
  ppo: { batch_size: 8, max_new_tokens: 4, learning_rate: 1e-3 },
  checkpoint_every_steps: 1,
  keep: { last: 2 },
  seed: 7,
};

export class ApiServer {
  readonly client: Client;
  readonly dataDir: string;
  readonly #host: Host;
  readonly #env: Record<string, string>;
  #child: Deno.ChildProcess | null = null;

  private constructor(host: Host, dataDir: string, env: Record<string, string>) {
    this.client = new Client(`http://${host.address}:${PORT}`, KEY);
    this.#host = host;
    this.dataDir = dataDir;
    this.#env = env;
  }

  static async start(host: Host, dataDir: string, env: Record<string, string>): Promise<ApiServer> {
    const server = new ApiServer(host, dataDir, env);
    await server.again();
    return server;
  }

  /** Starts it, or starts it anew. */
  async again(): Promise<void> {
    const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
    const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
    const { HOME = "/root", PATH = "", DENO_DIR } = Deno.env.toObject();
    const env = {
      ...{ HOME, PATH, HOST: this.#host.address, PORT: String(PORT), API_KEYS: KEY, RATE_LIMIT: "0" },
      ...{ DATA_DIR: this.dataDir, ...this.#env, ...(DENO_DIR && { DENO_DIR }) },
    };
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const command = [
      "env",
      "-i",
      ...variables,
      Deno.execPath(),
      "run",
      "-A",
      "--no-check",
      "--config",
      config,
      main,
    ];
    this.#child = this.#host.daemon("server", command);
    const isUp = () => this.client.call("GET", "/healthz").then(() => true, () => false);
    const gone = this.#child.status.then(({ code }) => {
      throw new Error(`The server ended with exit code ${code}`);
    });
    gone.catch(() => {});
    await Promise.race([until("the server", PATIENCE_S, isUp), gone]);
  }

  /** Ends the server's process, and no other. */
  async kill(signal: Deno.Signal): Promise<void> {
    for (const { pid, command } of await this.#host.processes()) {
      if (
        command[0] === Deno.execPath() && command.at(-1)!.endsWith("/main.ts") &&
        !command.join().includes("engine")
      ) {
        Deno.kill(pid, signal);
      }
    }
    await this.#child?.status;
  }

  async submit(more: object = {}): Promise<string> {
    return (await this.client.call("POST", "/v1/training-jobs", { body: { ...JOB, ...more } })).id;
  }

  job(id: string): Promise<Json> {
    return this.client.call("GET", `/v1/training-jobs/${id}`);
  }

  /** The job once that holds of it. */
  when(id: string, what: string, is: (job: Json) => boolean, seconds = PATIENCE_S): Promise<Json> {
    return until(`${what} of ${id}`, seconds, async () => {
      const job = await this.job(id);
      if (OVER.includes(job.status) && !is(job)) {
        throw new Error(`${what}: the job is ${job.status}: ${job.error?.detail ?? ""}`);
      }
      return is(job) && job;
    });
  }

  cancel(id: string): Promise<Json> {
    return this.client.call("POST", `/v1/training-jobs/${id}/cancel`);
  }

  /** SHA-256 of each file of the job's last checkpoint. */
  async bytes(id: string): Promise<string> {
    const { data } = await this.client.call("GET", `/v1/training-jobs/${id}/checkpoints?limit=100`);
    const last = data.toSorted((a: Json, b: Json) => b.step - a.step)[0];
    return JSON.stringify([last.step, last.files.map(({ name, sha256 }: Json) => [name, sha256])]);
  }

  /** What the server and its engines have logged. */
  log(folder: string): Promise<string> {
    return Deno.readTextFile(join(folder, `server-${this.#host.name}.log`));
  }
}
