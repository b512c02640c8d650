/** What an engine's commands do: a row each. */
import { placeOf } from "../device_name.ts";
import { invalid, UserError } from "../errors.ts";
import { replicasOf } from "../contract/job.ts";
import type { Command, EngineEvent, ResultOf, TrainRequest } from "../contract/protocol.ts";
import type { RewardOf } from "../contract/reward_schema.ts";
import { planJob, planOptions } from "../kinds/plan_job.ts";
import { requireInt8 } from "../kinds/prove_int8.ts";
import { requireDevice } from "../kinds/require_device.ts";
import { trainJob } from "../kinds/train_job.ts";
import { localGrader, sampleOf } from "../rewards/local_grader.ts";
import { makeReward } from "../rewards/rewards.ts";
import { secondsOf } from "../run/measured_rates.ts";
import { exportModel } from "../serve/export_model.ts";
import { generate } from "../serve/generate.ts";
import { initializeModel } from "../serve/initialize_model.ts";
import { score } from "../serve/score.ts";
import type { ServedPolicy } from "../serve/served_models.ts";
import type { Logger } from "../log.ts";
import type { Ask } from "../contract/engine_question.ts";
import type { TextWork } from "../serve/text_work.ts";
import type { EngineParts } from "./engine_parts.ts";

/** Commands that work, and wait their turn; the others act at once. */
export type Work = Exclude<Command, { type: "cancel" | "pause" | "trim" | "answer" }>;

/** What a command is given beside its own fields. */
export interface CommandContext {
  parts: EngineParts;
  /** Ends the command at once. */
  signal: AbortSignal;
  /** Ends a train command after the step that it is in. */
  pause: AbortSignal;
  emit(event: EngineEvent): void;
  /** Asks whoever gave the command; others may have their turn until there is an answer. */
  ask: Ask;
  /** Whoever watches this process is told when the command begins to work on texts. */
  text: TextWork;
  logger: Logger;
}

/** Which commands may run while others of these do. */
export const TOGETHER: ReadonlySet<Work["type"]> = new Set(["check", "generate"]);

/** @throws {UserError} when another number of processes was started than the job asks for */
function requireReplicas(job: TrainRequest["job"], started: number): void {
  const wanted = replicasOf(job);
  if (wanted === started) return;
  throw new UserError(
    "runtime_unavailable",
    `The launcher started ${started} processes for ${wanted} replicas`,
  );
}

/** The table is total, so a command without a row does not compile. */
export const COMMANDS: {
  [Type in Work["type"]]: (
    command: Extract<Work, { type: Type }>,
    context: CommandContext,
  ) => Promise<ResultOf<Type>>;
} = {
  check: async ({ job, folders }, { parts, text }) => {
    const device = job.device ?? parts.settings.device;
    requireDevice(job, device, parts.settings.library);
    if (replicasOf(job) > 1 && placeOf(device) !== "cpu") {
      throw invalid(
        "replicas",
        `Expected 1 on a GPU, got ${replicasOf(job)}: gradients are added up on the CPU`,
      );
    }
    const target = placeOf(device) === "cpu" ? "cpu" : "cuda";
    const runtime = parts.runtime();
    if (target === runtime.target) await requireInt8(runtime, job);
    const options = planOptions({ threads: runtime.threads, target }, "total");
    const { plan } = await planJob(job, folders, options, text);
    if (runtime.target !== target) return plan; // how fast the other device is, is not known here
    const { step_flops: flops, step_reads: reads } = plan.estimate;
    const step_seconds = secondsOf({ flops, reads }, await parts.rates());
    return { ...plan, estimate: { ...plan.estimate, step_seconds } };
  },
  train: async ({ id: _, traceparent: __, ...request }, { parts, emit, logger, ...context }) => {
    const runtime = parts.runtime(request.job.device ?? undefined);
    const passedOver = (folder: string, why: unknown) =>
      logger.warn("Cannot resume from a checkpoint", { folder, error: String(why) });
    const { ranks } = parts;
    requireReplicas(request.job, ranks?.replicas.size ?? 1);
    const train = () =>
      trainJob(runtime, request, {
        ...context,
        askRollouts: context.ask,
        replicas: ranks?.replicas,
        passedOver,
      });
    const events = ranks ? ranks.lead(request, train) : train();
    for (;;) {
      const { done, value } = await events.next();
      if (done) return value;
      emit(value);
    }
  },
  generate: async ({ request, folders, each, extras }, { parts, signal, emit, text }) => {
    using leases = new DisposableStack();
    const wanted = each ?? request.prompts.map(() => folders);
    const policies = new Map<string, ServedPolicy>();
    for (const of of wanted) {
      const key = JSON.stringify(of);
      if (!policies.has(key)) policies.set(key, leases.use(await parts.served().policy(of, text)));
    }
    return await generate(wanted.map((of) => policies.get(JSON.stringify(of))!), request, signal, {
      ...{ ...extras, text },
      emit: (deltas) => emit({ type: "deltas", deltas }),
    });
  },
  probe: (_, { parts }) => {
    const { device, library } = parts.settings;
    requireDevice({ base_precision: null, rollout_precision: null }, device, library);
    parts.runtime();
    return Promise.resolve(null);
  },
  export: async ({ format, folders, output }, { parts, signal }) => ({
    files: await exportModel(parts.runtime(), format, folders, output, signal),
  }),
  initialize: ({ config, seed, folders, output }, { signal }) =>
    initializeModel(config, folders.model, seed, output, signal),
  grade: async ({ grader, texts, folders }, { parts, signal, text }) => {
    using leases = new DisposableStack();
    const scorer = await localGrader(grader, folders, {
      classifier: async (config) => leases.use(await parts.served().classifier(folders, config, text)),
      textModel: async (name) =>
        leases.use(await parts.served().reward(folders, name, text, { texts: true })),
    });
    if (!scorer) throw new TypeError(`There is no folder of '${grader.model}'`);
    const scores = await scorer.score(texts.map(sampleOf), signal);
    // JSON has no NaN.
    return { scores: Array.from(scores, (score) => Number.isFinite(score) ? score : null) };
  },
  score: async ({ request, folders }, { parts, signal, text, ask }) => {
    using leases = new DisposableStack();
    const policy = leases.use(await parts.served().scorer(folders, text));
    const context = {
      folders,
      textModel: async (name: string) =>
        leases.use(await parts.served().reward(folders, name, text, { texts: true })),
      model: async (name: string) => leases.use(await parts.served().reward(folders, name, text)),
      classifier: async (config: RewardOf<"classifier">) =>
        leases.use(await parts.served().classifier(folders, config, text)),
      ask,
    };
    const reward = request.reward && await makeReward(request.reward, context);
    return await score(policy, request, reward, signal, text);
  },
};
