/**
 * A finished graph: what it takes and gives, what it runs in which order, and the message a session is made from.
 * `makeArtifact` names outputs and encodes; graph.ts collects what goes in.
 */
import {
  type Attribute,
  type EncodableNode,
  encodeModel,
  type NamedType,
  type WeightPlace,
} from "../onnx/encode.ts";
import type { Constant, Node } from "./node.ts";
import { earlyLeavesLast, hostNodes, neededNodes } from "./order.ts";
import { partOf, type Value } from "./value.ts";

/** A finished graph: the bytes a session is made from, and what it takes and gives. */
export interface Artifact {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly inputs: readonly NamedType[];
  readonly outputs: readonly NamedType[];
  /** Weights the session needs as shared initializers, by safetensors key. */
  readonly weights: readonly NamedType[];
  /** What is run, in the order of the message: cost.ts works from it. */
  readonly nodes: readonly ArtifactNode[];
  /** Names of nodes that compute shapes: they depend on nothing but sizes, so a device may leave them to the host. */
  readonly hostNodes: readonly string[];
}

/** A node with the outputs that somebody reads. */
export interface ArtifactNode {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/**
 * The type of a value as the message says it. onnxruntime plans ahead which value takes the memory of another of the same
 * size, and holds it in between. For the scores of a block of attention, whose last dimension is a part, that would be from
 * layer to layer for every block. So there the part is one of this scope, which nothing else has the size of.
 */
function described({ name, dtype, shape }: Value, node: string): NamedType {
  const last = shape.at(-1);
  if (typeof last !== "string" || !partOf(last)) return { name, dtype, shape };
  const scope = node.split(".").slice(0, -1).join(".");
  return { name, dtype, shape: [...shape.slice(0, -1), `${last} of ${scope}`] };
}

/** A graph with all its parts, and what it is to give. */
interface Parts {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly weights: readonly Value[];
  readonly constants: readonly Constant[];
  readonly nodes: readonly Node[];
  readonly outputs: Readonly<Record<string, Value>>;
  readonly places?: (weights: readonly NamedType[]) => readonly WeightPlace[];
}

/** Keeps what the outputs need, in an order that frees memory early, and encodes it. */
export function makeArtifact({ name, inputs, weights, constants, nodes, outputs, places }: Parts): Artifact {
  const { renamed, copies } = outputNames(outputs, new Set([...inputs, ...weights, ...constants]));
  const nameOf = (value: Value) => renamed.get(value) ?? value.name;
  const { nodes: kept, needed } = neededNodes(nodes, Object.values(outputs));
  const isNeeded = (value: Value) => needed.has(value);
  const ordered = earlyLeavesLast(kept);
  const used = ordered.map(({ outputs, optionalFrom }) =>
    outputs.map((output, index) => index < optionalFrom || needed.has(output))
  );
  const run = ordered.map(({ op, inputs, outputs, attributes }, at): ArtifactNode => ({
    op,
    inputs,
    outputs: outputs.filter((_, index) => used[at]![index]),
    attributes,
  }));
  const encodable = ordered.map((node, at): EncodableNode => ({
    ...node,
    inputs: node.inputs.map(nameOf),
    // An empty name leaves an output out, where the op lets it.
    outputs: node.outputs.map((output, index) => used[at]![index] ? nameOf(output) : ""),
  }));
  const neededInputs = inputs.filter(isNeeded);
  const neededWeights = weights.filter(isNeeded);
  const placed = places?.(neededWeights);
  const results = Object.entries(outputs).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const bytes = encodeModel({
    name,
    inputs: neededInputs,
    outputs: results,
    constants: constants.filter(isNeeded),
    weights: placed
      ? neededWeights.map((weight, index) => ({ ...weight, place: placed[index]! }))
      : neededWeights,
    nodes: [...encodable, ...copies.map(([name, value]) => identity(name, nameOf(value)))],
    described: ordered.flatMap(({ name }, at) =>
      run[at]!.outputs.filter((value) => !renamed.has(value)).map((value) => described(value, name))
    ),
  });
  return {
    name,
    bytes,
    inputs: neededInputs,
    outputs: results,
    weights: neededWeights,
    nodes: run,
    hostNodes: hostNodes(kept),
  };
}

/** Which values take an output's name, and which outputs are copies: of what is given, or of another output. */
function outputNames(
  outputs: Readonly<Record<string, Value>>,
  given: ReadonlySet<Value>,
): { renamed: Map<Value, string>; copies: [string, Value][] } {
  const renamed = new Map<Value, string>();
  const copies: [string, Value][] = [];
  for (const [name, value] of Object.entries(outputs)) {
    if (given.has(value) || renamed.has(value)) copies.push([name, value]);
    else renamed.set(value, name);
  }
  return { renamed, copies };
}

function identity(name: string, of: string): EncodableNode {
  return { name, op: "Identity", domain: "", inputs: [of], outputs: [name], attributes: {} };
}
