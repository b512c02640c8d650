/** What the models that score a job's completions take, from shapes alone. */
import type { Artifact } from "../../kernels/graph/artifact.ts";
import type { Target } from "../../kernels/nn/numerics.ts";
import { mergedBytes } from "../run/adapter_merge.ts";
import { builtGraphs } from "../run/built_graphs.ts";
import { heldBytes, PRECISION } from "../weights/base_model.ts";
import { parameterBytes } from "../weights/parameter_layout.ts";
import type { ScoringModel, TrainedScorer } from "./check_rewards.ts";

/** The graphs that score, but ready classifiers', and bytes of all that these models hold. */
export function scoringModels(
  rewards: readonly ScoringModel[],
  { target, blocks }: { target: Target; blocks: number },
): { graphs: Artifact[]; bytes: number } {
  const isTrained = (reward: ScoringModel): reward is TrainedScorer => "model" in reward;
  let bytes = rewards.reduce((sum, reward) => sum + (isTrained(reward) ? 0 : reward.bytes), 0);
  const graphs = rewards.filter(isTrained).map(({ model, tuning }) => {
    const graph = builtGraphs.score(model, { ...tuning, precision: PRECISION[target], target }, { blocks });
    bytes += heldBytes([graph]);
    if (tuning.type !== "none") {
      bytes += parameterBytes(model, tuning, { head: "score" }) + mergedBytes(model, tuning);
    }
    return graph;
  });
  return { graphs, bytes };
}
