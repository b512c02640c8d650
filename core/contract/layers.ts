/** Which layers of a model are trained: as a job names them, and their numbers. */
import { z } from "zod";
import { component } from "./component.ts";

/** More than any model here has. */
const MAX_LAYERS = 1000;

/** As trlX's num_layers_unfrozen, or as PEFT's layers_to_transform. */
export const layersSchema = z.union([
  z.strictObject({ last: z.int().min(1).max(MAX_LAYERS).describe("So many layers before the head.") }).meta(
    component("LastLayers"),
  ),
  z.array(z.int().min(0).max(MAX_LAYERS - 1)).min(1).max(MAX_LAYERS),
], {
  error: (issue) =>
    issue.code === "invalid_union" ? "Expected { last: how many } or numbers of layers, from 0" : undefined,
});

export type Layers = z.output<typeof layersSchema>;

/** The numbers of the layers, ascending, in a model of `count` layers; undefined where none are named: all of them. */
export function layersOf(count: number, layers: Layers | null | undefined): number[] | undefined {
  if (!layers) return undefined;
  if ("last" in layers) {
    return Array.from({ length: layers.last }, (_, at) => count - layers.last + at);
  }
  return [...new Set(layers)].sort((a, b) => a - b);
}
