/** What a job will do and need, worked out from headers and texts alone: the `check` command and every job's start. */
import type { Target } from "../../kernels/nn/numerics.ts";
import { epochsOf } from "../contract/job.ts";
import type { JobFolders } from "../contract/protocol.ts";
import { TextWork } from "../serve/text_work.ts";
import { type MachineMemory, machineMemory } from "../system_memory.ts";
import { weightCount } from "../weights/parameter_layout.ts";
import { checkModel } from "./check_model.ts";
import type { AnyJob, PlannedJob } from "./kind.ts";
import { checkWatched } from "./check_watched.ts";
import { type EngineJob, kindOf, type WorkOf } from "./kinds.ts";
import { fittingCost } from "./require_memory.ts";

export interface PlanOptions {
  /** Of the engine that will train. */
  threads: number;
  target: Target;
  machine: MachineMemory;
  /** What a job must fit: what the machine could give it some day, or what it can give now. */
  within: keyof MachineMemory;
  /** What its runs may take of what they otherwise would; 1 by default. */
  memoryShare?: number;
}

/** Options for this machine as it is. */
export function planOptions(
  { threads, target }: { threads: number; target: Target },
  within: keyof MachineMemory,
  memoryShare = 1,
): PlanOptions {
  return { threads, target, machine: machineMemory(), within, memoryShare };
}

/**
 * Checks everything about a job that can be known without loading weights.
 *
 * @throws {UserError} naming the field or file that is wrong
 */
export async function planJob<Job extends EngineJob>(
  job: Job,
  folders: JobFolders,
  options: PlanOptions = planOptions({ threads: navigator.hardwareConcurrency, target: "cpu" }, "total"),
  text = new TextWork(),
): Promise<PlannedJob<WorkOf<Job["kind"]>>> {
  const kind = kindOf(job);
  checkWatched(job, kind.metrics(job));
  const checked = await checkModel(job, folders, text);
  const { info, tokenizer, adapter } = checked;
  const { work, shape, steps_per_epoch, promptTokens, examples, trainable_parameters } = await kind.plan(
    job,
    checked,
    folders,
    text,
  );
  const { target, machine, within, threads, memoryShare } = options;
  const given = { model: info.model, adapter, threads, target, memoryShare };
  const costOf = (job: AnyJob) => kind.cost(job, { ...given, ...shape });
  // What a GPU has is known to the engine that opens it: there, running out of memory quotes the estimate.
  const cost = target === "cpu"
    ? fittingCost<AnyJob>(job, costOf, kind.smaller, machine[within])
    : costOf(job);
  const plan = {
    steps: steps_per_epoch * epochsOf(job),
    steps_per_epoch,
    prompt_tokens: promptTokens,
    ...(examples && { examples }),
    trainable_parameters,
    base_parameters: weightCount(info.model),
    ...("rollouts" in job && job.rollouts && { repeats: false }),
    estimate: { ...cost, machine_bytes: machine.total, available_bytes: machine.available },
  };
  return { plan, info, tokenizer, work: work as WorkOf<Job["kind"]> };
}
