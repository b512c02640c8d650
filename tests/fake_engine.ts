/**
 * A small engine that speaks the real protocol and trains nothing: a program for tests of those who talk to
 * one. Its events pass the check that the real engine's do (core/engine/training_contract.ts). The seed of a job says how it behaves; see `BEHAVIOURS`. It must be run with a seed's meaning in mind.
 */
import { basename, dirname, join } from "node:path";
import type { ErrorCode } from "../core/errors.ts";
import { HEARTBEAT_MS } from "../core/contract/deadlines.ts";
import { readCheckpoint, writeCheckpoint } from "../core/formats/checkpoint_folder.ts";
import { STATE_FOLDER } from "../core/formats/remove_training_state.ts";
import { readLines } from "../core/contract/ndjson.ts";
import { type Command, commandSchema, type Message } from "../core/contract/protocol.ts";
import type { EvaluationResult } from "../core/contract/evaluation_result.ts";
import { epochsOf } from "../core/contract/job.ts";
import type { JobPlan } from "../core/contract/job_plan.ts";
import type { Progress } from "../core/contract/progress.ts";
import type { TrainingEvent } from "../core/contract/training_events.ts";
import type { CheckpointReason } from "../core/contract/checkpoint.ts";

/** What a job's seed makes the engine do after its first step. */
export const BEHAVIOURS = {
  succeed: 0,
  /** Waits until it is cancelled or paused, or its stdin closes. */
  hang: 1,
  exit: 2,
  die: 3,
  fail: 4,
  garbage: 5,
  /** Says what is JSON and no event. */
  nonsense: 20,
  /** Like hang, and deaf to cancel and pause. */
  deaf: 6,
  /** Takes 20 ms for each of many steps. */
  slow: 7,
  reject_check: 8,
  /** Says that it works on texts, and then nothing ever again. */
  endless_text: 9,
  /** Says nothing ever again. */
  silent: 10,
  /** Refuses for want of memory what comes first; a process that comes later takes it. */
  too_large_once: 11,
  too_large: 12,
  /** Dies in the third step of the first attempt, in an epoch that has no checkpoint yet. */
  die_once: 13,
  /** Runs out of memory unless it is to make do with less. */
  too_little_memory: 14,
  /** Hangs in the first attempt after the third step, until it is cancelled or paused. */
  hang_once: 16,
  /** Finds the disk full in the first attempt. */
  disk_full_once: 15,
} as const;

/** Nothing can interrupt this. */
function hang(): never {
  for (;;);
}

const encoder = new TextEncoder();
const STEPS_PER_EPOCH = 2;

function say(message: Message): void {
  Deno.stdout.writeSync(encoder.encode(JSON.stringify(message) + "\n"));
}

function planOf(epochs: number): JobPlan {
  return {
    steps: epochs * STEPS_PER_EPOCH,
    steps_per_epoch: STEPS_PER_EPOCH,
    prompt_tokens: { min: 1, mean: 2, max: 3 },
    trainable_parameters: 10,
    base_parameters: 100,
    estimate: { memory_bytes: 1000 },
  };
}

/** What every evaluation comes to. */
const RESULT: EvaluationResult = {
  ...{ n: 2, prompts: 2, kl: 1, entropy: 2, length: 3, finish_share: 1, distinct_1: 0.5, distinct_2: 0.5 },
  reward: { mean: 1, ci95: [0, 2], against: null, difference: null },
  terms: { json_valid: { mean: 1, ci95: [0, 2], against: null } },
  ...{ win_rate: null, wins: null, ties: null, losses: null, against: null },
  samples: [{ prompt: "p", completion: "c", against: null, score: 1, against_score: null }],
};

/** What a train or generate command was told: to stop at once, or after its step. */
interface Told {
  cancelled: PromiseWithResolvers<void>;
  paused: PromiseWithResolvers<void>;
  isCancelled?: boolean;
  isPaused?: boolean;
}

const told = new Map<string, Told>();

function listen(id: string): Told {
  const one = { cancelled: Promise.withResolvers<void>(), paused: Promise.withResolvers<void>() };
  told.set(id, one);
  return one;
}

/** The step of the first folder that is whole, and those that were passed over for it. */
async function resumeFrom(folders: readonly string[]) {
  const damaged: string[] = [];
  for (const folder of folders) {
    try {
      await readCheckpoint(folder);
      const { step } = JSON.parse(await Deno.readTextFile(join(folder, STATE_FOLDER, "state.json")));
      return { resumed: { step: step as number, folder }, damaged };
    } catch {
      damaged.push(folder);
    }
  }
  return { resumed: null, damaged };
}

async function train(command: Extract<Command, { type: "train" }>): Promise<void> {
  const { id, job, folders, resume = [], memory_share = 1 } = command;
  const heard = listen(id);
  if (job.seed === BEHAVIOURS.endless_text) {
    say({ id, type: "text", work: "texts" });
    hang();
  }
  if (job.seed === BEHAVIOURS.too_large || job.seed === BEHAVIOURS.too_large_once) {
    const mark = `${folders.output}/refused`;
    const isFirst = !await Deno.stat(mark).then(() => true, () => false);
    if (isFirst || job.seed === BEHAVIOURS.too_large) {
      await Deno.writeTextFile(mark, "");
      const detail = "The job needs 2 GB, and there are 1 GB";
      return say({ id, type: "error", error: { code: "job_too_large", detail } });
    }
  }
  const emit = (event: TrainingEvent) => say({ id, type: "event", event });
  const plan = planOf(epochsOf(job));
  const progress = (step: number): Progress => ({
    epoch: Math.ceil(step / STEPS_PER_EPOCH),
    epochs: epochsOf(job),
    step,
    steps: plan.steps,
    episodes: step * 4,
    tokens: step * 100,
    eta_seconds: step === 0 ? null : plan.steps - step,
  });
  const metricsOf = (step: number) => ({
    ...(job.kind === "sft" && { loss: 1 / step, token_accuracy: 0.25 }),
    "objective/kl": step / 10,
    "policy/clipfrac_avg": 0,
    "objective/scores": step,
    "time/step_s": 0.5,
    tokens_per_second: 200,
  });
  const meansOf = (step: number) => ({
    ...metricsOf(step),
    ...{ policy_loss: -0.1, value_loss: 0.2, kl_div: 0.3, avg_reward: step },
    ...(job.kind === "sft" && { "held_out/loss": 2 / step, "held_out/token_accuracy": 0.125 }),
  });
  const checkpoint = async (step: number, reason: CheckpointReason) => {
    const { epoch } = progress(step);
    const folder = `${folders.output}/${reason === "epoch" ? `epoch-${epoch}` : `${reason}-${step}`}`;
    await Deno.mkdir(folders.output, { recursive: true });
    const files = await writeCheckpoint(
      folder,
      job.kind === "evaluation" ? {} : {
        "adapter_model.safetensors": [
          encoder.encode(reason === "epoch" ? `weights ${epoch}` : `weights of step ${step}`),
        ],
      },
    );
    await Deno.writeTextFile(`${folder}/not_in_the_manifest`, "secret");
    await Deno.mkdir(`${folder}/${STATE_FOLDER}`);
    await Deno.writeTextFile(`${folder}/${STATE_FOLDER}/state.json`, JSON.stringify({ step }));
    emit({ type: "checkpoint", reason, epoch, step, folder, files, metrics: meansOf(step) });
  };
  const { resumed, damaged } = await resumeFrom(resume);
  const first = (resumed?.step ?? 0) + 1;
  const attempt = Number(basename(folders.output));
  emit({ type: "started", plan, progress: progress(first - 1), resumed, damaged });
  const summary = (step: number) => ({
    ...{ progress: progress(step), metrics: { "objective/scores": 1 } },
    ...(job.kind === "evaluation" && step === plan.steps && { result: RESULT }),
  });
  for (let step = first; step <= plan.steps; step++) {
    emit({
      type: "step",
      progress: progress(step),
      metrics: metricsOf(step),
      samples: [{ prompt: "p", completion: "c".repeat(5), score: step }],
    });
    if (step === 1) {
      const figures = { lowest_score: 1, highest_score: 1 };
      emit({ type: "warning", code: "no_signal", detail: "All scores are 1. Look at them", figures, step });
    }
    if (step === first && await misbehave(id, job.seed, { heard, attempt, memory_share })) return;
    if (step === 3 && attempt === 1 && job.seed === BEHAVIOURS.die_once) Deno.kill(Deno.pid, "SIGKILL");
    if (step === 3 && attempt === 1 && job.seed === BEHAVIOURS.hang_once) {
      await Promise.race([heard.cancelled.promise, heard.paused.promise]);
    }
    if (job.seed === BEHAVIOURS.slow) await new Promise((resolve) => setTimeout(resolve, 20));
    if (heard.isCancelled) {
      return say({ id, type: "error", error: { code: "cancelled", detail: "Cancelled" } });
    }
    if (step % STEPS_PER_EPOCH === 0) {
      const { epoch } = progress(step);
      emit({ type: "epoch", epoch, progress: progress(step), metrics: meansOf(step) });
      await checkpoint(step, "epoch");
    } else if (job.checkpoint_every_steps && step % job.checkpoint_every_steps === 0) {
      await checkpoint(step, "steps");
    }
    if (heard.isPaused && step < plan.steps) {
      await checkpoint(step, "pause");
      return say({ id, type: "result", result: { ...summary(step), paused: true } });
    }
  }
  say({ id, type: "result", result: summary(plan.steps) });
}

/** Does what the seed asks for; true when the command has had its answer. */
async function misbehave(
  id: string,
  seed: number,
  { heard, attempt, memory_share }: { heard: Told; attempt: number; memory_share: number },
): Promise<boolean> {
  const fail = (code: ErrorCode, detail: string) => {
    say({ id, type: "error", error: { code, detail } });
    return true;
  };
  switch (seed) {
    case BEHAVIOURS.hang:
      await Promise.race([heard.cancelled.promise, heard.paused.promise]);
      return false;
    case BEHAVIOURS.too_little_memory:
      return memory_share === 1 && fail("out_of_memory", "There is no memory for 1 GB");
    case BEHAVIOURS.disk_full_once:
      return attempt === 1 && fail("disk_full", "The disk is full");
    case BEHAVIOURS.deaf:
      await new Promise(() => {});
      return true;
    case BEHAVIOURS.silent:
      return hang();
    case BEHAVIOURS.exit:
      Deno.stderr.writeSync(encoder.encode("native library: out of luck\n"));
      return Deno.exit(7);
    case BEHAVIOURS.die:
      Deno.kill(Deno.pid, "SIGKILL");
      await new Promise(() => {});
      return true;
    case BEHAVIOURS.fail:
      return fail("reward_failed", "The reward gave NaN");
    case BEHAVIOURS.nonsense:
      Deno.stdout.writeSync(
        encoder.encode(JSON.stringify({ id, type: "event", event: { type: "step" } }) + "\n"),
      );
      await new Promise(() => {});
      return true;
    case BEHAVIOURS.garbage:
      Deno.stdout.writeSync(encoder.encode("this is not JSON\n"));
      await new Promise(() => {});
      return true;
    default:
      return false;
  }
}

async function handle(command: Command): Promise<void> {
  const { id } = command;
  switch (command.type) {
    case "check":
      if (command.job.seed === BEHAVIOURS.reject_check) {
        const { job } = command;
        // What the engine names: the row of the dataset, or the length that all examples are cut to.
        const path = job.kind === "sft"
          ? "sft.max_length"
          : "dataset" in job && job.dataset
          ? "dataset.rows.2"
          : "prompts.0";
        const detail = `${path}: The prompt has 9 tokens and the model has room for 8`;
        return say({
          id,
          type: "error",
          error: { code: "prompt_too_long", detail, errors: [{ path, message: "too long" }] },
        });
      }
      return say({ id, type: "result", result: planOf(epochsOf(command.job)) });
    case "train":
      return await train(command);
    case "generate": {
      const { stream } = command.request;
      const piece = { index: 0, text: "piece", token_ids: [1, 2], finish_reason: null };
      const deltas = command.request.prompts.map((_, prompt_index) => ({ prompt_index, ...piece }));
      if (stream) say({ id, type: "event", event: { type: "deltas", deltas } });
      if (command.request.seed === BEHAVIOURS.endless_text) {
        say({ id, type: "text", work: "texts" });
        hang();
      }
      if (command.request.seed === BEHAVIOURS.silent) hang();
      if (command.request.seed === BEHAVIOURS.die) Deno.kill(Deno.pid, "SIGKILL");
      if (command.request.seed === BEHAVIOURS.deaf) return;
      if (command.request.seed === BEHAVIOURS.hang) {
        await listen(id).cancelled.promise;
        return say({ id, type: "error", error: { code: "cancelled", detail: "Cancelled" } });
      }
      const data = command.request.prompts.map((_, prompt_index) => ({
        prompt_index,
        index: 0,
        text: JSON.stringify(command.each?.[prompt_index] ?? command.folders),
        token_ids: [1, 2],
        finish_reason: "stop" as const,
      }));
      const usage = { prompt_tokens: 1, completion_tokens: 2 };
      return say({ id, type: "result", result: { data: stream ? [] : data, usage } });
    }
    case "export": {
      const { format, folders, output } = command;
      await Deno.mkdir(dirname(output), { recursive: true });
      const text = new TextEncoder().encode(`${format} of ${folders.checkpoint}`);
      return say({
        id,
        type: "result",
        result: { files: await writeCheckpoint(output, { "model.bin": [text] }) },
      });
    }
    case "score": {
      const data = command.request.items.map(() => ({ logprob: -1, ref_logprob: -2, kl: 1 }));
      return say({ id, type: "result", result: { data } });
    }
    case "probe":
    case "trim":
      return say({ id, type: "result", result: null });
    case "cancel":
    case "pause": {
      const one = told.get(command.target);
      if (one) one[command.type === "cancel" ? "isCancelled" : "isPaused"] = true;
      return one?.[command.type === "cancel" ? "cancelled" : "paused"].resolve();
    }
  }
}

if (import.meta.main) {
  console.error(
    JSON.stringify({ level: "info", message: "fake engine", env: Object.keys(Deno.env.toObject()) }),
  );
  say({ type: "ready", pid: Deno.pid });
  Deno.unrefTimer(setInterval(() => say({ type: "alive" }), HEARTBEAT_MS));
  for await (const line of readLines(Deno.stdin.readable, 64 * 1024 * 1024)) {
    handle(commandSchema.parse(JSON.parse(line)));
  }
  Deno.exit(0);
}
