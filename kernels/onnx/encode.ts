/** A finished graph as the bytes of an ONNX ModelProto. Same graph, same bytes. */
import type { Dim, TensorType } from "../graph/value.ts";
import { type Dtype, DTYPES } from "./dtypes.ts";
import { ModelProto } from "./schema.ts";

export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface EncodableNode {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  /** Value names; the empty string is an omitted optional input or output. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface NamedType extends TensorType {
  readonly name: string;
}

/** Where the bytes of a weight are: a file beside the message, and a part of it. */
export interface WeightPlace {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export interface EncodableGraph {
  readonly name: string;
  readonly inputs: readonly NamedType[];
  readonly outputs: readonly NamedType[];
  /** Small constants that travel in the message. */
  readonly constants: readonly (NamedType & { readonly bytes: Uint8Array })[];
  /** Weights: declared external, given to the session by name unless they have a place. */
  readonly weights: readonly (NamedType & { readonly place?: WeightPlace })[];
  readonly nodes: readonly EncodableNode[];
  /**
   * Values between inputs and outputs, to say their types: where onnxruntime cannot name a size itself, it finds no freed
   * block of that size to use again, but looks through all of them, which takes longer than all else about loading.
   */
  readonly described?: readonly NamedType[];
}

/** The file name that external weights claim to be in; the session replaces every one, so it is never read. */
export const WEIGHTS_LOCATION = "weights";

const IR_VERSION = 10;
const OPSETS = [{ domain: "", version: 21 }, { domain: "com.microsoft", version: 1 }];
const EXTERNAL = 1;
const ATTRIBUTE = { FLOAT: 1, INT: 2, STRING: 3, INTS: 7 } as const;
const utf8 = new TextEncoder();

/** Encodes a graph. Numeric attributes are integers unless wrapped as `{ float }`. */
export function encodeModel(graph: EncodableGraph): Uint8Array {
  const message = {
    ir_version: IR_VERSION,
    producer_name: "proximal",
    opset_import: OPSETS,
    graph: {
      name: graph.name,
      node: graph.nodes.map((node) => ({
        name: node.name,
        op_type: node.op,
        domain: node.domain,
        input: node.inputs,
        output: node.outputs,
        attribute: Object.entries(node.attributes).map(([name, value]) => attribute(name, value)),
      })),
      initializer: [
        ...graph.constants.map(({ name, dtype, shape, bytes }) => ({
          name,
          data_type: DTYPES[dtype].onnx,
          dims: shape,
          raw_data: bytes,
        })),
        ...graph.weights.map(({ name, dtype, shape, place = { location: WEIGHTS_LOCATION } }) => ({
          name,
          data_type: DTYPES[dtype].onnx,
          dims: shape,
          data_location: EXTERNAL,
          external_data: Object.entries(place).map(([key, value]) => ({ key, value: String(value) })),
        })),
      ],
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
      value_info: (graph.described ?? []).map(valueInfo),
    },
  };
  return ModelProto.encode(message).finish();
}

function attribute(name: string, value: Attribute): Record<string, unknown> {
  if (typeof value === "number") return { name, i: value, type: ATTRIBUTE.INT };
  if (typeof value === "string") return { name, s: utf8.encode(value), type: ATTRIBUTE.STRING };
  if ("float" in value) return { name, f: value.float, type: ATTRIBUTE.FLOAT };
  return { name, ints: value, type: ATTRIBUTE.INTS };
}

function valueInfo({ name, dtype, shape }: { name: string; dtype: Dtype; shape: readonly Dim[] }) {
  const dim = shape.map((size) => typeof size === "number" ? { dim_value: size } : { dim_param: size });
  return { name, type: { tensor_type: { elem_type: DTYPES[dtype].onnx, shape: { dim } } } };
}
