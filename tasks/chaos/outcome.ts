/** What a job leaves behind, read over HTTP, as it can be compared with another run of the same job. */

export interface Outcome {
  status: string;
  error: unknown;
  /** Metric rows of all steps, without what depends on the clock. */
  steps: Record<string, unknown>[];
  /** Metric rows of evaluations on the way. */
  evaluations: Record<string, unknown>[];
  /** What it came to, and why it stopped early. */
  results: unknown[];
  /** Names and hashes of the last checkpoint's files. */
  files: string[];
  /** Type and place of every event, in order. */
  events: string[];
  /** Every rollout, and every token of one; none of a kind that has none. */
  records: Body[];
}

/** Metrics that no two runs share. */
const CLOCK = /^time\/|^reward\/.*\/seconds$|_per_second$|^eps$|^memory\/|_at$/;

/** Events that say how a run was disturbed, and not what it did. */
const DISTURBANCES = /\.(requeued|retrying|resumed|pausing|paused|warning|started|queued)$/;

export async function outcomeOf(get: (path: string) => Promise<Body>, id: string): Promise<Outcome> {
  const job = await get(`/v1/training-jobs/${id}`);
  const steps = await all(get, `/v1/training-jobs/${id}/metrics`);
  const evaluations = await all(get, `/v1/training-jobs/${id}/metrics`, "&scope=evaluation");
  const checkpoints = await all(get, `/v1/training-jobs/${id}/checkpoints`);
  const events = await all(get, `/v1/training-jobs/${id}/events`);
  const last = checkpoints.find(({ id }) => id === job.checkpoint);
  return {
    status: String(job.status),
    error: job.error,
    steps: steps.map(withoutClock),
    evaluations: evaluations.map(withoutClock),
    results: [job.result, job.stopped],
    files: ((last?.files ?? []) as { name: string; sha256: string }[])
      .map(({ name, sha256 }) => `${name} ${sha256}`).sort(),
    events: events.map(placeOf).filter((place) => place !== null),
    records: job.kind === "ppo"
      ? [
        ...await all(get, `/v1/training-jobs/${id}/rollouts`),
        ...await all(get, `/v1/training-jobs/${id}/attributions`),
      ]
      : [],
  };
}

function withoutClock(row: Body): Body {
  return Object.fromEntries(Object.entries(row).filter(([key]) => !CLOCK.test(key)));
}

/** An event's type and the step or epoch that it is about; null for one that tells of a disturbance. */
export function placeOf(event: Body): string | null {
  const type = String(event.type);
  if (DISTURBANCES.test(type)) return null;
  const data = (event.data ?? {}) as {
    progress?: { step: number };
    epoch?: number;
    checkpoint?: { epoch: number; step: number };
  };
  const at = data.checkpoint ? `step ${data.checkpoint.step}` : data.epoch ?? data.progress?.step ?? "";
  return `${type.replace("training_job.", "")} ${at}`;
}

// deno-lint-ignore no-explicit-any
export type Body = Record<string, any>;

async function all(get: (path: string) => Promise<Body>, path: string, query = ""): Promise<Body[]> {
  const rows: Body[] = [];
  for (let after = "";;) {
    const page = await get(`${path}?limit=100${query}${after}`);
    rows.push(...page.data);
    if (!page.has_more) return rows;
    after = `&after=${page.next_cursor}`;
  }
}

/** How `found` differs from `expected`; nothing where it does not. */
export function differences(expected: Outcome, found: Outcome): string[] {
  const faults: string[] = [];
  if (found.status !== expected.status) {
    faults.push(`it ${found.status}: ${JSON.stringify(found.error)}`);
  }
  for (const part of ["steps", "evaluations", "results", "files", "events", "records"] as const) {
    const [a, b] = [expected[part], found[part]].map((list) => list.map((one) => JSON.stringify(one)));
    // A server that is stopped leaves a checkpoint after any step, so that the next start continues from there.
    if (part === "events") {
      const meant = new Set(a);
      b!.splice(0, Infinity, ...b!.filter((one) => meant.has(one) || !one.includes("checkpoint.created")));
    }
    const at = a!.findIndex((one, index) => one !== b![index]);
    if (at >= 0) faults.push(`${part}[${at}] is ${b![at] ?? "missing"}, undisturbed ${a![at]}`);
    else if (b!.length > a!.length) faults.push(`${part} has ${b![a!.length]} more than undisturbed`);
  }
  return faults;
}
