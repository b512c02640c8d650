/**
 * The job REST API of Ray's dashboard: a command line becomes a process on whichever of Ray's hosts has room. No queue: a
 * job that finds no room for 900 s has failed, and one that waits cannot be stopped.
 */
import { z } from "zod";
import { UserError } from "../errors.ts";

/** For one request. */
const TIMEOUT_MS = 30_000;

const jobSchema = z.object({
  status: z.enum(["PENDING", "RUNNING", "STOPPED", "SUCCEEDED", "FAILED"]),
  submission_id: z.string().nullish(),
  message: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
});

/** What Ray says of a job. */
export type RayJob = z.output<typeof jobSchema>;

/** What a job is and takes of the host that runs it. */
export interface RayJobRequest {
  entrypoint: string;
  entrypoint_num_cpus: number;
  metadata: Record<string, string>;
}

export interface RayOptions {
  /** Such as `http://head:8265`. */
  address: string;
  /** Of a Ray with `RAY_AUTH_MODE=token`. */
  token: string | undefined;
}

export class RayJobs {
  readonly #options: RayOptions;

  constructor(options: RayOptions) {
    this.#options = options;
  }

  /** @returns the job's id @throws {UserError} `runtime_unavailable` when Ray does not answer, or says no */
  async submit(request: RayJobRequest): Promise<string> {
    const answer = await this.#ask("POST", "", request);
    return z.object({ submission_id: z.string() }).parse(answer).submission_id;
  }

  async get(id: string): Promise<RayJob> {
    return jobSchema.parse(await this.#ask("GET", encodeURIComponent(id)));
  }

  /** All jobs that Ray remembers and that were submitted to it. */
  async list(): Promise<RayJob[]> {
    return z.array(jobSchema).parse(await this.#ask("GET", "")).filter(({ submission_id }) => submission_id);
  }

  /** Asks it to end; one that waits goes on waiting. */
  async stop(id: string): Promise<void> {
    await this.#ask("POST", `${encodeURIComponent(id)}/stop`);
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const { address, token } = this.#options;
    let response: Response;
    try {
      response = await fetch(`${address}/api/jobs/${path}`, {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (cause) {
      throw unavailable("does not answer", cause);
    }
    const text = await response.text();
    if (response.status === 401 || response.status === 403) throw unavailable("wants another RAY_AUTH_TOKEN");
    if (!response.ok) throw unavailable(`answered ${response.status}`, text.slice(-1000));
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw unavailable("answers no JSON: RAY_ADDRESS is that of its dashboard", cause);
    }
  }
}

function unavailable(what: string, cause?: unknown): UserError {
  return new UserError("runtime_unavailable", `Ray, which places this server's jobs, ${what}`, [], { cause });
}
