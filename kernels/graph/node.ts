/** What a graph is made of besides its inputs: nodes, and constants small enough to travel in the message. */
import type { Attribute } from "../onnx/encode.ts";
import type { Value } from "./value.ts";

/** One operator of the runtime. */
export interface Node {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Outputs from this index on may be left out where nothing reads them. */
  readonly optionalFrom: number;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Constant extends Value {
  readonly bytes: Uint8Array;
}
