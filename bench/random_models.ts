/**
 * `random_models.ts SIZE FOLDER F32|BF16 [policy|reward …]` writes a workload's policy and reward model with random weights below FOLDER. A
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
  { dtype = "F32", names = ["policy", "reward"] }: { dtype?: string; names?: (keyof typeof NAMES)[] } = {},
): Promise<Record<keyof typeof NAMES, string>> {
  const args = ["run", "-A", import.meta.filename!, size, folder, dtype, ...names];
  const { success } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  if (!success) throw new Error(`The models of ${size} could not be written`);
  return { policy: join(folder, "policy"), reward: join(folder, "reward") };
}

if (import.meta.main) {
  const [size, folder, dtype, ...names] = Deno.args as [
    WorkloadName,
    string,
    "F32" | "BF16",
    ...(keyof typeof NAMES)[],
  ];
  for (const name of names) {
    await writeRandomModel(join(folder, name), WORKLOADS[size].config, { ...NAMES[name], dtype });
  }
}
