/** A PEFT adapter folder as parameters of our graphs: from here on a file's adapter is like one we made. */
import type { Tuning } from "../../kernels/artifacts.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { HEAD } from "../../kernels/models/families.ts";
import { linears } from "../../kernels/models/linears.ts";
import { UserError } from "../errors.ts";
import { type Adapter, loraKeys, readAdapter } from "../formats/adapter_files.ts";
import { quote } from "../formats/strict_json.ts";
import type { BaseModel } from "./base_model.ts";
import { type HeadLayout, parameterGroups } from "./parameter_layout.ts";
import { ParameterSet } from "./parameter_set.ts";

export interface LoadedAdapter {
  tuning: Extract<Tuning, { type: "lora" }>;
  parameters: ParameterSet;
}

/**
 * Reads an adapter for this base.
 *
 * @param head what is laid out behind the adapter, at zero
 * @throws {UserError} `damaged_model` when it adapts a layer the base does not have, or one of another size;
 * `unsupported_model` when it replaces a layer or adapts the head
 */
export async function loadAdapter(
  base: BaseModel,
  folder: string,
  { head }: { head: HeadLayout },
): Promise<LoadedAdapter> {
  return placeAdapter(base, await readAdapter(folder), { head });
}

/**
 * Checks that an adapter is for layers of this model, and nothing else.
 *
 * @throws {UserError} as `loadAdapter` does
 */
export function checkPlaces(config: ModelConfig, adapter: Pick<Adapter, "modules" | "tensors">): void {
  const { modules, tensors } = adapter;
  const pairs = new Set([...adapter.modules.keys()].flatMap((module) => Object.values(loraKeys(module))));
  const whole = Object.keys(adapter.tensors).find((key) => !pairs.has(key));
  if (whole !== undefined) {
    throw new UserError(
      "unsupported_model",
      `The adapter has ${quote(whole)}, a layer saved whole (modules_to_save): LoRA pairs are supported`,
    );
  }
  const known = new Map(linears(config).map((linear) => [linear.module, linear]));
  for (const [module, { r }] of modules) {
    const linear = known.get(module);
    if (`${module}.weight` === HEAD) {
      throw new UserError(
        "unsupported_model",
        `The adapter is for '${module}', the language-model head: adapters of the layers' linears are supported`,
      );
    }
    if (!linear) {
      throw new UserError(
        "damaged_model",
        `The adapter is for layer '${module}', which the model does not have`,
      );
    }
    const { a, b } = loraKeys(module);
    const wanted = [[r, linear.inFeatures], [linear.outFeatures, r]];
    [a, b].forEach((key, index) => {
      if (tensors[key]!.shape.join() !== wanted[index]!.join()) {
        throw new UserError(
          "damaged_model",
          `The adapter's '${key}' is [${tensors[key]!.shape}]: the model needs [${wanted[index]}]`,
        );
      }
    });
  }
}

/** The tensors of `adapter` as parameters. @throws {UserError} as `loadAdapter` does */
export function placeAdapter(
  base: BaseModel,
  { modules, tensors }: Pick<Adapter, "modules" | "tensors">,
  { head }: { head: HeadLayout },
): LoadedAdapter {
  checkPlaces(base.config, { modules, tensors });
  const tuning = { type: "lora" as const, adapter: modules };
  const parameters = new ParameterSet(base.runtime, parameterGroups(base.config, tuning, { head }));
  for (const module of modules.keys()) {
    const { a, b } = loraKeys(module);
    parameters.set(`${module}.lora_A.weight`, tensors[a]!.data);
    parameters.set(`${module}.lora_B.weight`, tensors[b]!.data);
  }
  return { tuning, parameters };
}
