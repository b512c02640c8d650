/**
 * onnxruntime's C API as typed functions, with the one place that turns a status into an error. Pointers stop at
 * this folder: nothing outside core/ort/ calls these.
 */
import { UserError } from "../errors.ts";
import { FUNCTIONS } from "./functions.ts";
import { statusError } from "./status.ts";

/** The version of the function table we ask for; every onnxruntime since 1.24 has it. */
export const API_VERSION = 24;

type Functions = {
  readonly [N in keyof typeof FUNCTIONS]: Deno.UnsafeFnPointer<(typeof FUNCTIONS)[N]>["call"];
};

/** Where a function writes its result. */
type Cell = BigUint64Array<ArrayBuffer>;

export interface Api extends Functions {
  /** The library's version, "1.30.0". */
  readonly version: string;
  /** Takes a status, releases it and throws what it says; `action` completes "Cannot …". */
  check(status: Deno.PointerValue, action: string): void;
  /** The pointer a function writes into the cell it is given. */
  pointer(action: string, call: (cell: Cell) => Deno.PointerValue): Deno.PointerObject;
  /** The integer a function writes. */
  integer(action: string, call: (cell: Cell) => Deno.PointerValue): number;
  /** A string that the library allocated: copied, and the original freed. */
  text(action: string, call: (cell: Cell) => Deno.PointerValue): string;
  /** The default CPU allocator; owned by the library. */
  readonly allocator: Deno.PointerObject;
}

/**
 * Opens the library; it stays loaded until the process ends, because its threads may outlive any one use.
 *
 * @throws UserError `runtime_unavailable` if the file is no onnxruntime, is too old, or FFI is not permitted
 */
export function openApi(path: string, apiVersion = API_VERSION): Api {
  const [getApi, version] = entryPoints(path);
  const table = getApi.call(apiVersion);
  if (table === null) {
    throw new UserError(
      "runtime_unavailable",
      `Cannot use onnxruntime ${version} at '${path}': 1.${apiVersion} or newer is needed`,
    );
  }
  const rows = new Deno.UnsafePointerView(table);
  const functions = Object.fromEntries(
    Object.entries<Deno.ForeignFunction & { index: number }>(FUNCTIONS).map(
      ([name, { index, ...signature }]) => {
        const address = rows.getPointer<Deno.ForeignFunction>(index * 8)!;
        const callable = new Deno.UnsafeFnPointer(address, signature);
        return [name, callable.call.bind(callable)];
      },
    ),
  ) as unknown as Functions;
  return withHelpers(functions, version);
}

function entryPoints(path: string) {
  try {
    const { symbols } = Deno.dlopen(path, { OrtGetApiBase: { parameters: [], result: "pointer" } });
    const base = new Deno.UnsafePointerView(symbols.OrtGetApiBase()!);
    const getApi = new Deno.UnsafeFnPointer(base.getPointer(0)!, { parameters: ["u32"], result: "pointer" });
    const getVersion = new Deno.UnsafeFnPointer(base.getPointer(8)!, { parameters: [], result: "pointer" });
    return [getApi, Deno.UnsafePointerView.getCString(getVersion.call()!)] as const;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("runtime_unavailable", `Cannot open onnxruntime at '${path}': ${reason}`, [], {
      cause,
    });
  }
}

function withHelpers(functions: Functions, version: string): Api {
  const check = (status: Deno.PointerValue, action: string) => {
    if (status !== null) throw statusError(functions, status, action);
  };
  const written = (action: string, call: (cell: Cell) => Deno.PointerValue): bigint => {
    const cell = new BigUint64Array(1);
    check(call(cell), action);
    return cell[0]!;
  };
  const pointer = (action: string, call: (cell: Cell) => Deno.PointerValue): Deno.PointerObject => {
    const found = Deno.UnsafePointer.create(written(action, call));
    if (found === null) throw new Error(`Cannot ${action}: onnxruntime gave a null pointer`);
    return found;
  };
  const allocator = pointer("get the default allocator", functions.GetAllocatorWithDefaultOptions);
  return {
    ...functions,
    version,
    check,
    pointer,
    allocator,
    integer: (action, call) => Number(written(action, call)),
    text: (action, call) => {
      const address = pointer(action, call);
      const copy = Deno.UnsafePointerView.getCString(address);
      check(functions.AllocatorFree(allocator, address), "free a string");
      return copy;
    },
  };
}

const utf8 = new TextEncoder();

/** A NUL-terminated copy of a string, for a `char*` argument. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return utf8.encode(`${text}\0`);
}
