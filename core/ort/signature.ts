/** What a session takes and gives: names, dtypes and dimensions, read from the library, and the check against them. */
import type { Dtype } from "../../kernels/onnx/dtypes.ts";
import { type Api, cString } from "./api.ts";
import { dtypeOf, type Tensor } from "./tensor.ts";

export interface ValueInfo {
  readonly name: string;
  readonly dtype: Dtype;
  /** Sizes, or the name of a symbolic dimension ("" if it has none); null if the graph leaves the rank open. */
  readonly dims: readonly (number | string)[] | null;
}

/** A value and its name as the C string that calls need. */
export interface Port {
  readonly info: ValueInfo;
  readonly cName: Uint8Array<ArrayBuffer>;
}

/** The functions that describe one side of a session. */
const SIDES = {
  input: { count: "SessionGetInputCount", name: "SessionGetInputName", type: "SessionGetInputTypeInfo" },
  output: { count: "SessionGetOutputCount", name: "SessionGetOutputName", type: "SessionGetOutputTypeInfo" },
} as const;

/** All inputs or outputs of a session, in graph order. */
export function readPorts(
  api: Api,
  session: Deno.PointerObject,
  side: keyof typeof SIDES,
): ReadonlyMap<string, Port> {
  const calls = SIDES[side];
  const count = api.integer(`count ${side}s`, (cell) => api[calls.count](session, cell));
  const ports = new Map<string, Port>();
  for (let index = 0; index < count; index++) {
    const name = api.text(
      "read a name",
      (cell) => api[calls.name](session, BigInt(index), api.allocator, cell),
    );
    const type = api.pointer("read a type", (cell) => api[calls.type](session, BigInt(index), cell));
    try {
      ports.set(name, { info: { name, ...readType(api, type) }, cName: cString(name) });
    } finally {
      api.ReleaseTypeInfo(type);
    }
  }
  return ports;
}

function readType(api: Api, type: Deno.PointerObject): Pick<ValueInfo, "dtype" | "dims"> {
  const tensor = api.pointer("read a tensor type", (cell) => api.CastTypeInfoToTensorInfo(type, cell));
  const dtype = dtypeOf(
    api.integer("read an element type", (cell) => api.GetTensorElementType(tensor, cell)),
  );
  if (!api.TensorTypeAndShape_HasShape(tensor)) return { dtype, dims: null };
  const rank = api.integer("read a rank", (cell) => api.GetDimensionsCount(tensor, cell));
  const sizes = new BigInt64Array(rank);
  const names = new BigUint64Array(rank);
  api.check(api.GetDimensions(tensor, sizes, BigInt(rank)), "read dimensions");
  api.check(api.GetSymbolicDimensions(tensor, names, BigInt(rank)), "read symbolic dimensions");
  const dims = Array.from(sizes, (size, axis) => {
    if (size >= 0n) return Number(size);
    const name = Deno.UnsafePointer.create(names[axis]!);
    return name === null ? "" : Deno.UnsafePointerView.getCString(name);
  });
  return { dtype, dims };
}

/** The port of that name. @throws TypeError naming what there is instead */
export function portOf(ports: ReadonlyMap<string, Port>, side: keyof typeof SIDES, name: string): Port {
  const port = ports.get(name);
  if (port) return port;
  throw new TypeError(
    `Cannot use ${side} '${name}': the session has ${[...ports.keys()].join(", ") || "none"}`,
  );
}

/** @throws TypeError unless the tensor has the dtype, the rank and the fixed sizes of the value it stands for */
export function checkFits({ name, dtype, dims }: ValueInfo, tensor: Tensor): void {
  if (tensor.dtype !== dtype) {
    throw new TypeError(`Cannot use a ${tensor.dtype} tensor as '${name}': want ${dtype}`);
  }
  if (dims === null) return;
  const fits = dims.length === tensor.dims.length &&
    dims.every((size, axis) => typeof size === "string" || size === tensor.dims[axis]);
  if (!fits) {
    throw new TypeError(`Cannot use a tensor of [${tensor.dims}] as '${name}': want [${dims}]`);
  }
}
