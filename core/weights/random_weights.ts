/** Weights that no training has touched: where a model begins that has none. */
import { HEAD } from "../../kernels/models/families.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { fillUniform } from "../rng.ts";
import { weightShapes } from "./parameter_layout.ts";
import type { ParameterShape } from "./parameter_set.ts";

/** Standard deviation of matrices, as transformers starts them. */
const INIT_STD = 0.02;

export interface RandomWeights {
  shapes: ParameterShape[];
  /** The values of one of them, float32; the same for the same seed. */
  values(name: string): Float32Array<ArrayBuffer>;
}

/**
 * Matrices and embeddings drawn from a uniform of transformers' standard deviation, norms at 1, biases at 0.
 *
 * @param classifier Whether a score of one label takes the place of the language model's head.
 */
export function randomWeights(
  config: ModelConfig,
  { seed, classifier = false }: { seed: number; classifier?: boolean },
): RandomWeights {
  const shapes = weightShapes(config).filter(({ name }) => !classifier || name !== HEAD);
  if (classifier) shapes.push({ name: "score.weight", shape: [1, config.hidden_size] });
  const half = INIT_STD * Math.sqrt(3); // a uniform of this half-width has the standard deviation INIT_STD
  const rows = new Map(shapes.map(({ name, shape }, row) => [name, { shape, row }]));
  return {
    shapes,
    values(name) {
      const { shape, row } = rows.get(name)!;
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      if (shape.length === 1) return data.fill(name.endsWith("bias") ? 0 : 1);
      fillUniform(data, -half, half, { seed, stream: "init", step: 0, row });
      return data;
    },
  };
}
