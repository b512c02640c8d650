/** Follows a job to its end: a bar, a curve and the time left in a terminal, lines anywhere else. */
import { chart } from "./chart.ts";
import { type Client, jobPath, type Json } from "./client.ts";
import type { Command, Given } from "./command.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { duration, plain, short, type Terminal } from "./terminal.ts";

/** The metric of a step that is drawn, by kind of job; `--metric` names another. */
const CURVES: Readonly<Record<string, string>> = {
  ppo: "objective/scores",
  sft: "loss",
  reward_model: "accuracy",
};

/** Metrics that are told of beside the curve, where a step has them, and how they are called. */
const TOLD: readonly (readonly [metric: string, name: string])[] = [
  ["objective/scores", "reward"],
  ["objective/kl", "KL"],
  ["policy/entropy_avg", "entropy"],
  ["policy/clipfrac_avg", "clipped"],
  ["val/explained_var", "explained"],
  ["loss", "loss"],
  ["accuracy", "accuracy"],
  ["margin", "margin"],
  ["response_len/mean", "length"],
];

const CHART_LINES = 8, MAX_COLUMNS = 100, BAR = 30;
/** Between two drawings: more would be work for nobody's eyes. */
const DRAW_MS = 100;
const CLOCK_MS = 1000;

export const followOptions = {
  metric: { type: "string", value: "NAME", what: "metric of the curve; the mean score unless it is named" },
} as const;

export const follow: Command = {
  words: "JOB",
  what: "Follow a job until it ends. Ctrl-C leaves it, and it goes on",
  takes: [1, 1],
  options: followOptions,
  run: (given) => followJob(given, given.words[0]!),
};

/** Follows a job. `--json` gives its events as lines. */
export async function followJob({ client, terminal, options, json }: Given, id: string): Promise<ExitCode> {
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  Deno.addSignalListener("SIGINT", leave);
  let clock: ReturnType<typeof setInterval> | undefined;
  try {
    const job = await client.call("GET", jobPath(id));
    const view = new RunView(terminal, job, options.text("metric"));
    // Steps may take minutes: the time left goes down all the same.
    if (!json) clock = setInterval(() => view.tick(), CLOCK_MS);
    for await (const event of client.jobEvents(id, leaving.signal)) {
      if (json) terminal.print(JSON.stringify(event));
      else view.tell(event);
    }
    const ended = await client.call("GET", jobPath(id));
    if (!json) view.end(ended);
    return ended.status === "succeeded" ? EXIT.done : EXIT.job_failed;
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    sayHowToReturn(client, terminal, id);
    return EXIT.interrupted;
  } finally {
    clearInterval(clock);
    Deno.removeSignalListener("SIGINT", leave);
  }
}

function sayHowToReturn({ url }: Client, terminal: Terminal, id: string): void {
  terminal.keep();
  terminal.note(`\nLeft ${id}, which goes on at ${url}.`);
  terminal.note(`  come back: proximal follow ${id}`);
  terminal.note(`  stop it:   proximal cancel ${id}, or proximal pause ${id}`);
}

/** What is known of a run, and how it is shown. */
class RunView {
  readonly #terminal: Terminal;
  readonly #metric: string | undefined;
  readonly #curve: number[] = [];
  #progress: Json;
  #metrics: Json = {};
  #state: string;
  #drawnAt = -Infinity;
  /** When the time left was told. */
  #toldAt = 0;

  constructor(terminal: Terminal, job: Json, metric: string | undefined) {
    this.#terminal = terminal;
    this.#metric = metric ?? CURVES[job.kind];
    this.#progress = { ...job.progress, step: 0, epoch: 0, eta_seconds: null };
    this.#state = "queued";
    terminal.note(`${job.id}: ${job.kind} of ${plain(job.model)}`);
  }

  /** Takes in an event, says what is to stay, and draws the rest. */
  tell({ type, data }: Json): void {
    const name = type.replace("training_job.", "");
    const line = LINES[name]?.(data);
    if (line !== undefined && (name !== "epoch.completed" || !this.#terminal.out.isTerminal)) {
      this.#terminal.print(line);
    }
    if (name === "step.completed") {
      this.#state = "running";
      this.#toldAt = performance.now();
      this.#progress = data.progress;
      this.#metrics = data.metrics;
      const value = this.#metric === undefined ? undefined : data.metrics[this.#metric];
      // What an attempt did again takes the place of what it was.
      this.#curve[data.progress.step - 1] = value ?? NaN;
      this.#curve.length = data.progress.step;
    } else if (name in STATES) this.#state = STATES[name]!;
    if (this.#terminal.out.isTerminal) this.#draw(line !== undefined);
  }

  /** Draws what the clock has changed. */
  tick(): void {
    if (this.#terminal.out.isTerminal) this.#draw(true);
  }

  /** Leaves the last picture, and says what came of the job. */
  end(job: Json): void {
    this.#state = job.status;
    this.#progress = job.progress;
    if (this.#terminal.out.isTerminal) {
      this.#draw(true);
      this.#terminal.keep();
    }
    const { status, error, stopped, checkpoint, best_checkpoint, started_at, finished_at } = job;
    const seconds = started_at && finished_at ? (Date.parse(finished_at) - Date.parse(started_at)) / 1000 : 0;
    const known = this.#curve.filter(Number.isFinite);
    const from = known.length > 1 ? `, ${this.#metric} ${short(known[0])} → ${short(known.at(-1))}` : "";
    this.#terminal.print(`${status} after ${job.progress.step} steps in ${duration(seconds)}${from}`);
    if (error) this.#terminal.print(`${error.code}: ${plain(error.detail)}`);
    if (stopped) this.#terminal.print(`stopped early: ${plain(stopped.detail)}`);
    if (job.result) this.#terminal.json(job.result);
    const last = best_checkpoint ?? checkpoint;
    if (last === null || last === undefined) return;
    this.#terminal.print(`checkpoint ${last}`);
    this.#terminal.note(`  try it:  proximal generate --checkpoint ${last} 'a prompt'`);
    this.#terminal.note(`  keep it: proximal export ${last}`);
  }

  #draw(now: boolean): void {
    if (!now && performance.now() - this.#drawnAt < DRAW_MS) return;
    this.#drawnAt = performance.now();
    const { step, steps, epoch, epochs, eta_seconds } = this.#progress;
    const done = Math.round(BAR * step / Math.max(1, steps));
    const seconds = eta_seconds - (performance.now() - this.#toldAt) / 1000;
    const left = eta_seconds === null || this.#state !== "running" ? "" : `  ${duration(seconds)} left`;
    const width = Math.min(MAX_COLUMNS, this.#terminal.out.columns() - 1);
    this.#terminal.draw([
      ...(this.#curve.length > 1
        ? [`${this.#metric} by step`, ...chart(this.#curve, { width, height: CHART_LINES })]
        : []),
      `${"█".repeat(done)}${"░".repeat(BAR - done)} ${this.#state}: step ${step} of ${steps}, ` +
      `epoch ${epoch} of ${epochs}${left}`,
      TOLD.filter(([metric]) => typeof this.#metrics[metric] === "number")
        .map(([metric, what]) => `${what} ${short(this.#metrics[metric])}`).join("  "),
    ]);
  }
}

/** Events after which the state is another. */
const STATES: Readonly<Record<string, string>> = {
  queued: "queued",
  started: "starting",
  "attempt.started": "starting",
  requeued: "waiting",
  pausing: "pausing",
  paused: "paused",
  resumed: "queued",
  cancelling: "cancelling",
};

/** What stays on the screen of an event, or in a log; most leave nothing. */
const LINES: Readonly<Record<string, (data: Json) => string>> = {
  "epoch.completed": ({ epoch, progress: { epochs, step, steps, eta_seconds }, metrics }) => {
    const told = TOLD.filter(([metric]) => typeof metrics[metric] === "number")
      .map(([metric, what]) => `${what} ${short(metrics[metric])}`);
    const left = eta_seconds ? `, ${duration(eta_seconds)} left` : "";
    return `epoch ${epoch} of ${epochs}, step ${step} of ${steps}${left}: ${told.join(", ")}`;
  },
  "evaluation.completed": ({ step, metrics }) => {
    const told = Object.entries(metrics).slice(0, 4).map(([name, value]) => `${name} ${short(value)}`);
    return `evaluation after step ${step}: ${told.join(", ")}`;
  },
  warning: ({ code, detail, step }) => `warning ${code}${step ? ` in step ${step}` : ""}: ${plain(detail)}`,
  requeued: ({ reason, next_attempt_at }) =>
    `tried again ${next_attempt_at ? `at ${next_attempt_at}` : "soon"}: ${plain(reason?.detail ?? reason)}`,
  paused: ({ reason }) =>
    `paused${
      reason ? `: ${plain(reason.detail ?? reason)}` : ""
    }; proximal resume gives it back to the queue`,
};
