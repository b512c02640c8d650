/** Model folders with random weights: where the embedded model starts, and what `deno task bench` runs on. No tokenizer. */
import { join } from "node:path";
import { HEAD } from "../kernels/models/families.ts";
import type { ModelType } from "../kernels/models/model_config.ts";
import { weightShapes } from "../core/weights/parameter_layout.ts";
import { architectureOf, parseConfig } from "../core/formats/read_config.ts";
import { writeSafetensors } from "../core/formats/write_safetensors.ts";
import { fillUniform } from "../core/rng.ts";

/** Standard deviation of matrices, as transformers starts them. */
const INIT_STD = 0.02;

/** Writes a random language model to `folder`, and with `classifier` a random reward model of the same shape. */
export async function writeRandomModel(
  folder: string,
  config: Record<string, unknown>,
  { classifier, seed, dtype = "F32" }: { classifier: boolean; seed: number; dtype?: "F32" | "BF16" },
): Promise<void> {
  const full = {
    ...config,
    architectures: [
      architectureOf(config.model_type as ModelType, classifier ? "sequence_classifier" : "causal_lm"),
    ],
    ...(classifier && { num_labels: 1, id2label: { "0": "LABEL_0" } }),
  };
  const { model } = parseConfig(full);
  const shapes = weightShapes(model).filter(({ name }) => !classifier || name !== HEAD);
  if (classifier) shapes.push({ name: "score.weight", shape: [1, model.hidden_size] });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify(full));
  const half = INIT_STD * Math.sqrt(3); // a uniform of this half-width has the standard deviation INIT_STD
  await writeSafetensors(
    join(folder, "model.safetensors"),
    Object.fromEntries(shapes.map(({ name, shape }, row) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      if (shape.length === 1) data.fill(name.endsWith("bias") ? 0 : 1);
      else fillUniform(data, -half, half, { seed, stream: "init", step: 0, row });
      if (dtype === "F32") return [name, { dtype, shape: [...shape], data }];
      // The upper half of a float32's bits, cut off.
      const halves = new Uint16Array(data.length);
      const words = new Uint32Array(data.buffer);
      for (let i = 0; i < words.length; i++) halves[i] = words[i]! >>> 16;
      return [name, { dtype, shape: [...shape], data: halves }];
    })),
    { format: "pt" },
  );
}
