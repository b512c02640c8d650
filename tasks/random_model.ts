/** Model folders with random weights: where the embedded model starts, and what `deno task bench` runs on. No tokenizer. */
import { join } from "node:path";
import type { ModelType } from "../kernels/models/model_config.ts";
import { architectureOf, parseConfig } from "../core/formats/read_config.ts";
import { writeSafetensors } from "../core/formats/write_safetensors.ts";
import { randomWeights } from "../core/weights/random_weights.ts";

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
  const { shapes, values } = randomWeights(parseConfig(full).model, { seed, classifier });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify(full));
  await writeSafetensors(
    join(folder, "model.safetensors"),
    Object.fromEntries(shapes.map(({ name, shape }) => {
      const data = values(name);
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
