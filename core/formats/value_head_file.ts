/**
 * value_head.safetensors: the scalar head of a value network, which PEFT's layout has no place for. Its keys are
 * those of a sequence classifier with one class, and a bias.
 */
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { openSafetensorsFile } from "./safetensors.ts";
import { encodeSafetensors } from "./write_safetensors.ts";

const VALUE_HEAD_FILE = "value_head.safetensors";

export interface ValueHead {
  /** `score.weight`: H values of a [1, H] tensor. */
  weight: Float32Array<ArrayBuffer>;
  /** `score.bias`, one value. */
  bias: Float32Array<ArrayBuffer>;
}

/** The file of a value head, as chunks of bytes by file name. */
export function valueHeadFile({ weight, bias }: ValueHead): Record<string, Iterable<Uint8Array>> {
  return {
    [VALUE_HEAD_FILE]: encodeSafetensors({
      "score.weight": { dtype: "F32", shape: [1, weight.length], data: weight },
      "score.bias": { dtype: "F32", shape: [1], data: bias },
    }, { format: "pt" }),
  };
}

/**
 * Reads the value head of a folder, for a model whose hidden states have `hiddenSize` elements.
 * @throws {UserError} `damaged_model` when it is missing or is for another model
 */
export async function readValueHead(folder: string, hiddenSize: number): Promise<ValueHead> {
  const source = await openSafetensorsFile(join(folder, VALUE_HEAD_FILE));
  try {
    for (const [name, wanted] of [["score.weight", [1, hiddenSize]], ["score.bias", [1]]] as const) {
      const { shape } = source.info(name);
      if (shape.join() !== wanted.join()) {
        throw new UserError(
          "damaged_model",
          `Expected ${name} of ${VALUE_HEAD_FILE} to be of shape [${wanted}], got [${shape}]`,
        );
      }
    }
    return { weight: await source.readFloat32("score.weight"), bias: await source.readFloat32("score.bias") };
  } finally {
    source.close();
  }
}
