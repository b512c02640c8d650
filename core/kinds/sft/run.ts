/** A planned job of supervised fine-tuning: loads what it names, trains it, and writes checkpoints below its folder. */
import type { JobPlan } from "../../contract/job_plan.ts";
import type { JobFolders } from "../../contract/protocol.ts";
import { dropoutOf } from "../../contract/job.ts";
import type { SftJobConfig } from "../../contract/sft_job.ts";
import type { TrainingEvent, TrainingSummary, Warning } from "../../contract/training_events.ts";
import { loadCheckpoint } from "../../networks/checkpoint.ts";
import { Optimizer } from "../../networks/optimizer.ts";
import type { Runtime } from "../../ort/runtime.ts";
import { startedEvent } from "../../train/step_loop.ts";
import { BaseModel } from "../../weights/base_model.ts";
import { loadAdapter } from "../../weights/load_adapter.ts";
import { heldBy, initialParameters, tuningOf } from "../../weights/parameter_layout.ts";
import { checksumOf, jobCheckpoints, restore } from "../job_checkpoints.ts";
import type { RunContext } from "../kind.ts";
import type { SftWork } from "./plan.ts";
import { FIRST_SFT_STATE, type SftState, trainSft } from "./trainer.ts";

/** Runs a planned job to its end, yielding its events. */
export async function* runSft(
  runtime: Runtime,
  job: SftJobConfig,
  folders: JobFolders & { output: string },
  { planned, memoryShare, earlier, checkVersions, checkpointPlace, text: _, ...signals }: RunContext<
    SftWork,
    SftState
  >,
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const { plan, work: { most, ...split } } = planned;
  const { found, damaged } = earlier;
  const precision = job.base_precision ?? undefined;
  const base = await BaseModel.open(runtime, folders.model, { precision, memoryShare });
  const loaded = folders.checkpoint ? await loadCheckpoint(base, folders.checkpoint, { head: false }) : null;
  const given = folders.adapter ? await loadAdapter(base, folders.adapter, { head: false }) : null;
  const tuning = heldBy(base, loaded?.tuning ?? given?.tuning ?? tuningOf(base.config, job.trainable));
  const parameters = loaded?.policy ?? given?.parameters ??
    await initialParameters(base, tuning, { head: false, seed: job.seed, role: "policy" });
  const optimizer = await Optimizer.create(runtime, parameters, job.sft);
  await checkVersions();
  const trained = {
    networks: { base, tuning, policy: parameters, critic: null },
    optimizers: { policy: optimizer },
    spec: { trainable: job.trainable, value: null },
  };
  if (found) await restore(trained, found);
  const place = await checkpointPlace();
  const start = found?.at ?? FIRST_SFT_STATE;
  yield startedEvent({ plan, epochs: job.epochs }, start, { found, damaged });
  const told = ({ step, episodes, tokens }: SftState) => ({ step, episodes, tokens });
  const config = { ...job.sft, epochs: job.epochs, seed: job.seed, dropout: dropoutOf(job.trainable) };
  return yield* trainSft(base, tuning, parameters, split, config, {
    optimizer,
    start,
    checkpoints: jobCheckpoints<SftState>(job, trained, place, told),
    warnings: cutExamples(plan.examples!, most),
    checksum: () => checksumOf(trained),
    ...signals,
  });
}

/** What of the examples is not trained on, as they are too long. */
function cutExamples(
  { trained, held_out, truncated, empty }: NonNullable<JobPlan["examples"]>,
  max_length: number,
): Warning[] {
  if (truncated === 0) return [];
  const examples = trained + held_out;
  const nothing = empty > 0 ? `; ${empty} of them have nothing left to learn` : "";
  return [{
    code: "examples_truncated",
    detail:
      `${truncated} of ${examples} examples are longer than ${max_length} tokens and were cut at their ends` +
      `${nothing}. A larger sft.max_length takes them whole, as far as the model's context reaches`,
    figures: { examples, truncated, empty, max_length },
    step: 1,
  }];
}
