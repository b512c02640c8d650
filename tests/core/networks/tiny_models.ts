/** The fixtures as real models on the real runtime: their folders, batches and adapters, ready for the engine's classes. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Precision } from "../../../kernels/nn/parameters.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { heldHere } from "../../../core/weights/int8_products.ts";
import { loadAdapter } from "../../../core/weights/load_adapter.ts";
import { Policy } from "../../../core/networks/policy.ts";
import type { TokenSequence } from "../../../core/run/token_batch.ts";
import { uniform } from "../../../core/rng.ts";
import { loadFixture } from "../../kernels/models/fixture.ts";
import { runtime } from "../../kernels/run_artifact.ts";

export { runtime };

/** Their vocabulary, and the id that ends a text. */
export const VOCABULARY = 320;
export const EOS = 2;

/** The fixture's model folder. */
export function fixtureFolder(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
}

/** The fixture's model; its weights are read by the first graph. */
export function openBase(name = "qwen3"): Promise<BaseModel> {
  return BaseModel.open(runtime, fixtureFolder(name));
}

/**
 * The fixture's model with the fixture's adapter, whose reference is the bare model; both held and sampled from as
 * asked.
 */
export async function openAdapted(
  name = "qwen3",
  { precision, sampling }: { precision?: Precision; sampling?: Precision } = {},
): Promise<Policy> {
  const base = await BaseModel.open(runtime, fixtureFolder(name), { precision });
  const { tuning, parameters } = await loadAdapter(base, join(fixtureFolder(name), "adapter"), {
    head: false,
  });
  return new Policy(base, tuning, parameters, {
    reference: "base",
    shared: false,
    sampling: sampling && await heldHere(runtime, sampling),
  });
}

/** The fixture's batch as sequences, and per-token reference numbers cut into the same rows. */
export async function fixtureRows(
  name: string,
): Promise<{ sequences: TokenSequence[]; expected: (tensor: string) => number[][]; tolerance: number }> {
  const { expected, tolerance } = await loadFixture(name);
  const [rows, width] = expected.ids!.dims as [number, number];
  const responses = expected.mask!.dims[1]!;
  const prompt = width - responses;
  const cells = (row: number, from: number, to: number) =>
    Array.from({ length: to - from }, (_, s) => row * width + from + s)
      .filter((cell) => expected.attn!.data[cell] === 1).map((cell) => expected.ids!.data[cell]!);
  const sequences = Array.from({ length: rows }, (_, row) => ({
    prompt_ids: cells(row, 0, prompt),
    response_ids: cells(row, prompt, width),
  }));
  return {
    sequences,
    expected: (tensor) =>
      sequences.map(({ response_ids }, row) =>
        expected[tensor]!.data.slice(row * responses, row * responses + response_ids.length)
      ),
    tolerance: tolerance.logprobs!,
  };
}

/** `length` ordinary token ids of a stream of their own. */
export function someTokens(key: number, length: number): number[] {
  return Array.from({ length }, (_, i) => 3 + Math.floor(uniform(5, "data", 0, key, i) * (VOCABULARY - 3)));
}
