/** Whether a model folder's files hold what its configuration implies, told from their headers. No weights are read. */
import { HEAD } from "../../kernels/models/families.ts";
import { UserError } from "../errors.ts";
import { ModelWeights, type WantedWeight } from "./model_weights.ts";
import { weightShapes } from "./parameter_layout.ts";
import type { FolderConfig } from "../formats/read_config.ts";

/** The weights that are used of a model, each once: a tied head is its embedding. */
export function neededWeights({ model, task }: FolderConfig): WantedWeight[] {
  const shapes = weightShapes(model);
  if (task === "causal_lm") return shapes;
  return [
    ...shapes.filter(({ name }) => name !== HEAD),
    { name: "score.weight", shape: [1, model.hidden_size] },
  ];
}

/**
 * @throws {UserError} `unsupported_model` for a classifier that gives more than one number, or a dtype that is not read;
 * `damaged_model` when a weight is missing, misshapen or cut short
 */
export async function checkWeights(folder: string, info: FolderConfig): Promise<void> {
  const { task, model, num_labels } = info;
  if (task === "sequence_classifier" && num_labels !== 1) {
    throw new UserError(
      "unsupported_model",
      `Expected a sequence classifier with 1 label as reward model, got ${num_labels} labels`,
    );
  }
  using weights = await ModelWeights.open(folder, model);
  weights.check(neededWeights(info));
}
