/** A reference model folder with what PyTorch, transformers and PEFT compute on it (tests/fixtures). */
import { fileURLToPath } from "node:url";
import { readConfig } from "../../../core/formats/read_config.ts";
import { openSafetensorsFile } from "../../../core/formats/safetensors.ts";
import type { AdapterSpec } from "../../../kernels/models/adapter_spec.ts";
import { uniformAdapter } from "../../../kernels/models/adapter_spec.ts";
import { linears } from "../../../kernels/models/linears.ts";
import type { ModelConfig } from "../../../kernels/models/model_config.ts";
import { MERGED } from "../../../kernels/nn/parameters.ts";
import { rotaryTable } from "../../../kernels/nn/rotary_table.ts";
import type { Array_ } from "../run_artifact.ts";

const ROOT = fileURLToPath(new URL("../../fixtures/", import.meta.url));

export interface Fixture {
  folder: string;
  config: ModelConfig;
  /** Base weights by safetensors key. */
  weights: Record<string, Array_>;
  /** Adapter matrices by graph name (`….lora_A.weight`); empty for a reward model. */
  lora: Record<string, Array_>;
  adapter: AdapterSpec;
  expected: Record<string, { dims: number[]; data: number[] }>;
  tolerance: Record<string, number>;
  /** The batch as our graphs take it: right-padded ids, packed action tokens, and where each sits in (B,T). */
  batch: { ids: Array_; positions: Array_; targets: Array_ };
  cells: number[];
  rope: Record<string, Array_>;
}

async function readAll(path: string): Promise<Record<string, { dims: number[]; data: number[] }>> {
  const source = await openSafetensorsFile(path);
  try {
    const entries = await Promise.all(
      source.names().map(async (name) => {
        const data = await source.read(name);
        return [name, {
          dims: [...source.info(name).shape],
          data: Array.from(data as ArrayLike<number>, Number),
        }];
      }),
    );
    return Object.fromEntries(entries);
  } finally {
    source.close();
  }
}

/** Left-padded fixture rows as right-padded ones: real tokens first. */
function repack(expected: Fixture["expected"], prompt: number): Pick<Fixture, "batch" | "cells"> {
  const [ids, attn, mask] = [expected.ids!, expected.attn!, expected.mask];
  const [rows, width] = ids.dims as [number, number];
  const responses = width - prompt;
  const out = new Array<number>(rows * width).fill(0);
  const [positions, targets, cells]: number[][] = [[], [], []];
  for (let row = 0; row < rows; row++) {
    let real = 0;
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      if (Number(attn.data[at]) === 0) continue;
      out[row * width + real] = Number(ids.data[at]);
      const t = column - prompt;
      if (mask && t >= 0 && Number(mask.data[row * responses + t]) === 1) {
        positions!.push(row * width + real - 1);
        targets!.push(Number(ids.data[at]));
        cells!.push(row * responses + t);
      }
      real++;
    }
    if (!mask) positions!.push(row * width + real - 1);
  }
  const vector = (data: number[]) => ({ dims: [data.length], data });
  const batch = {
    ids: { dims: [rows, width], data: out },
    positions: vector(positions!),
    targets: vector(targets!),
  };
  return { batch, cells: cells! };
}

export async function loadFixture(name: string): Promise<Fixture> {
  const folder = `${ROOT}${name}`;
  const { model: config } = await readConfig(folder);
  const expected = await readAll(`${folder}/expected.safetensors`);
  const facts = JSON.parse(await Deno.readTextFile(`${folder}/expected.json`));
  const isReward = !("logits" in expected);
  const lora = isReward ? {} : await readAll(`${folder}/adapter/adapter_model.safetensors`);
  const rope = config.rope ? rotaryTable(config.rope, config.head_dim, 64) : null;
  const table = (data: Float32Array): Array_ => ({ dims: [64, config.head_dim / 2], data });
  return {
    folder,
    config,
    weights: await readAll(`${folder}/model.safetensors`),
    lora: Object.fromEntries(
      Object.entries(lora).map(([key, value]) => [key.replace("base_model.model.", ""), value]),
    ),
    adapter: isReward ? new Map() : uniformAdapter(config, { r: 4, scale: 2 }),
    expected,
    tolerance: facts.tolerance,
    ...repack(expected, facts.prompt_width ?? 0),
    rope: rope ? { rope_cos: table(rope.cos), rope_sin: table(rope.sin) } : {},
  };
}

/** Values of a (B,T) reference array at the packed tokens. */
export function packed(fixture: Fixture, name: string): number[] {
  return fixture.cells.map((cell) => fixture.expected[name]!.data[cell]!);
}

/** The weights that the adapter changes, with `gate` times it added, by the names that graphs take them by. */
export function mergedWeights(
  { config, adapter, weights, lora }: Pick<Fixture, "config" | "adapter" | "weights" | "lora">,
  gate = 1,
): Record<string, Array_> {
  return Object.fromEntries(
    linears(config).filter(({ module }) => adapter.has(module)).map(({ module, fanInFanOut }) => {
      const { dims, data } = weights[`${module}.weight`]!;
      const [a, b] = ["A", "B"].map((side) => lora[`${module}.lora_${side}.weight`]!);
      const [r, inputs] = a!.dims as [number, number];
      const merged = Array.from(data as ArrayLike<number>, (value, i) => {
        const cell = [Math.floor(i / dims[1]!), i % dims[1]!] as const;
        const [out, column] = fanInFanOut ? cell.toReversed() as [number, number] : cell;
        let product = 0;
        for (let k = 0; k < r; k++) {
          product += Number(b!.data[out * r + k]) * Number(a!.data[k * inputs + column]);
        }
        return value + gate * adapter.get(module)!.scale * product;
      });
      return [`${MERGED}${module}.weight`, { dims, data: merged }];
    }),
  );
}
