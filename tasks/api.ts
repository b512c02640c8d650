/** What tasks ask of a server. */
import { basename, join } from "node:path";

// deno-lint-ignore no-explicit-any -- answers of many kinds, read by whoever asked
type Answer = any;

const OVER = ["succeeded", "failed", "cancelled"];
const POLL_MS = 250;

export class Api {
  constructor(readonly url: string) {}

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      ...(body !== undefined &&
        { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }

  /** Runs a job to its end, telling of it on one line. */
  async run(what: string, job: Record<string, unknown>): Promise<Answer> {
    const started = performance.now();
    let now = await this.call("POST", "/v1/training-jobs", job);
    while (!OVER.includes(now.status)) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      now = await this.call("GET", `/v1/training-jobs/${now.id}`);
      const { step, steps, eta_seconds } = now.progress;
      const left = eta_seconds === null ? "" : `, ${Math.ceil(eta_seconds)} s left`;
      if (Deno.stdout.isTerminal()) write(`\r${what}: step ${step} of ${steps}${left}    `);
    }
    if (now.status !== "succeeded") {
      throw new Error(`${what}: the job ${now.status}: ${JSON.stringify(now.error)}`);
    }
    write(
      `${Deno.stdout.isTerminal() ? "\r" : ""}${what}: ${now.progress.steps} steps in ${
        Math.round((performance.now() - started) / 1000)
      } s\n`,
    );
    return now;
  }

  /** Saves a checkpoint as the folder of a model. */
  async download(checkpoint: string, folder: string): Promise<void> {
    await Deno.mkdir(folder, { recursive: true });
    const { files } = await this.call("GET", `/v1/checkpoints/${checkpoint}/exports/merged`);
    for (const { name } of files) {
      const response = await fetch(`${this.url}/v1/checkpoints/${checkpoint}/files/${name}`);
      await Deno.writeFile(join(folder, basename(name)), response.body!);
    }
  }

  /** The metrics of a job's last epoch. */
  async lastEpoch(id: string): Promise<Record<string, number>> {
    const { data } = await this.call("GET", `/v1/training-jobs/${id}/events?limit=1000`);
    return data.findLast(({ type }: { type: string }) => type === "training_job.epoch.completed").data
      .metrics;
  }
}

function write(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
