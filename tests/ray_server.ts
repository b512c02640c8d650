/**
 * A server that speaks the job REST API of Ray's dashboard as far as LAUNCHER=ray does, and really starts the command lines
 * that are submitted, on this machine. What it is told beforehand it does instead: keeping jobs waiting, or losing them.
 */

export type RayStatus = "PENDING" | "RUNNING" | "STOPPED" | "SUCCEEDED" | "FAILED";

interface Job {
  submission_id: string;
  entrypoint: string;
  metadata: Record<string, string>;
  status: RayStatus;
  message: string;
  child: Deno.ChildProcess | null;
}

export class RayServer implements AsyncDisposable {
  readonly jobs: Job[] = [];
  readonly address: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** How many jobs may run at once; others wait. */
  room: number;
  /** Answers with this status instead, while it is one. */
  refuses: number | null = null;

  constructor({ room = Infinity, token }: { room?: number; token?: string } = {}) {
    this.room = room;
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      if (token !== undefined && request.headers.get("authorization") !== `Bearer ${token}`) {
        return new Response("Unauthorized: Missing or invalid token", { status: 401 });
      }
      if (this.refuses !== null) return new Response("No available agent", { status: this.refuses });
      return this.#answer(request);
    });
    this.address = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  get running(): Job[] {
    return this.jobs.filter(({ status }) => status === "RUNNING");
  }

  /** Starts what waits, as far as there is room. */
  place(): void {
    for (const job of this.jobs.filter(({ status }) => status === "PENDING")) {
      if (this.running.length >= this.room) return;
      job.status = "RUNNING";
      job.message = "Job is currently running.";
      const child = job.child = new Deno.Command("sh", {
        ...{ args: ["-c", job.entrypoint], detached: true },
        ...{ stdin: "null", stdout: "null", stderr: "null" },
      }).spawn();
      child.status.then(({ code }) => {
        if (job.status === "RUNNING") {
          job.status = code === 0 ? "SUCCEEDED" : "FAILED";
          job.message = code === 0
            ? "Job finished successfully."
            : `Job entrypoint command failed with exit code ${code}`;
        }
        this.place();
      });
    }
  }

  /** What Ray says when the host of a job is gone, whose processes nobody can reach. */
  lose(job: Job): void {
    job.status = "FAILED";
    job.message = "Job supervisor actor died: the node it was on has died";
  }

  async #answer(request: Request): Promise<Response> {
    const [, id, verb] = /^\/api\/jobs\/([^/]*)\/?(.*)$/.exec(new URL(request.url).pathname) ?? [];
    if (id === undefined) return new Response("Not Found", { status: 404 });
    if (id === "" && request.method === "POST") return Response.json(await this.#submit(request));
    if (id === "") return Response.json(this.jobs.map(told));
    const job = this.jobs.find(({ submission_id }) => submission_id === id);
    if (!job) return new Response(`Job ${id} does not exist`, { status: 404 });
    if (verb === "stop" && request.method === "POST") return Response.json({ stopped: this.#stop(job) });
    return Response.json(told(job));
  }

  async #submit(request: Request) {
    const { entrypoint, metadata = {} } = await request.json();
    const submission_id = `raysubmit_${this.jobs.length}`;
    const message = "Job has not started yet. It may be waiting for resources";
    this.jobs.push({ submission_id, entrypoint, metadata, status: "PENDING", message, child: null });
    this.place();
    return { job_id: submission_id, submission_id };
  }

  /** One that waits goes on waiting. */
  #stop(job: Job): boolean {
    if (job.status !== "RUNNING") return job.status === "PENDING";
    job.status = "STOPPED";
    endGroup(job.child!.pid);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child, status } of this.jobs) if (child && status === "RUNNING") endGroup(child.pid);
    await this.#server.shutdown();
  }
}

function endGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGTERM");
  } catch {
    // It is gone.
  }
}

function told({ child: _, ...job }: Job) {
  return { type: "SUBMISSION", job_id: null, error_type: null, ...job };
}
