/**
 * `random_models.ts SIZE FOLDER` writes a workload's policy and reward model with random weights below FOLDER. A
 * process of its own, so that what writing takes is not counted as what training takes.
 */
import { join } from "node:path";
import { writeRandomModel } from "../tasks/random_model.ts";
import { type WorkloadName, WORKLOADS } from "./workloads.ts";

const NAMES = { policy: { classifier: false, seed: 0 }, reward: { classifier: true, seed: 1 } } as const;

/** Writes the models of `size` in another process, and gives their folders. */
export async function randomModels(
  size: string,
  folder: string,
): Promise<Record<keyof typeof NAMES, string>> {
  const args = ["run", "-A", import.meta.filename!, size, folder];
  const { success } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  if (!success) throw new Error(`The models of ${size} could not be written`);
  return { policy: join(folder, "policy"), reward: join(folder, "reward") };
}

if (import.meta.main) {
  const [size, folder] = Deno.args as [WorkloadName, string];
  for (const [name, options] of Object.entries(NAMES)) {
    await writeRandomModel(join(folder, name), WORKLOADS[size].config, options);
  }
}
