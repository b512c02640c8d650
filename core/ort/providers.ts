/** Which of onnxruntime's providers runs each node of a session, and the rule that a device's sessions run there. */
import { UserError } from "../errors.ts";
import type { Api } from "./api.ts";

export interface AssignedNode {
  /** As the graph has it; of a node that onnxruntime added, such as a copy, what it called that. */
  name: string;
  op: string;
  /** "CPUExecutionProvider" */
  provider: string;
}

/** Nodes in the order of the providers' parts of the graph. */
export function assignedNodes(api: Api, session: Deno.PointerObject): AssignedNode[] {
  const list = (call: (items: BigUint64Array<ArrayBuffer>, count: BigUint64Array<ArrayBuffer>) => void) => {
    const [items, count] = [new BigUint64Array(1), new BigUint64Array(1)];
    call(items, count);
    if (count[0] === 0n) return [];
    const array = new Deno.UnsafePointerView(Deno.UnsafePointer.create(items[0]!)!);
    return Array.from({ length: Number(count[0]) }, (_, i) => array.getPointer(8 * i)!);
  };
  // The strings are the session's own.
  const text = (call: (cell: BigUint64Array<ArrayBuffer>) => Deno.PointerValue) =>
    Deno.UnsafePointerView.getCString(api.pointer("read a node's provider", call));
  const parts = list((items, count) =>
    api.check(api.Session_GetEpGraphAssignmentInfo(session, items, count), "read the session's providers")
  );
  return parts.flatMap((part) => {
    const provider = text((cell) => api.EpAssignedSubgraph_GetEpName(part, cell));
    const nodes = list((items, count) =>
      api.check(api.EpAssignedSubgraph_GetNodes(part, items, count), "read a provider's nodes")
    );
    return nodes.map((node) => ({
      name: text((cell) => api.EpAssignedNode_GetName(node, cell)),
      op: text((cell) => api.EpAssignedNode_GetOperatorType(node, cell)),
      provider,
    }));
  });
}

/** Nodes that another provider than `provider` runs though they compute no shapes. */
export function fallbackNodes(
  nodes: readonly AssignedNode[],
  provider: string,
  hostNodes: readonly string[] = [],
): AssignedNode[] {
  const allowed = new Set(hostNodes);
  return nodes.filter((node) => node.provider !== provider && !allowed.has(node.name));
}

/** How many nodes an error names. */
const SHOWN = 5;

/**
 * onnxruntime quietly lets the host run what a device's provider has no kernel for, copying to and fro.
 *
 * @throws {UserError} `runtime_unavailable` naming those nodes
 */
export function requireProvider(
  nodes: readonly AssignedNode[],
  provider: string,
  hostNodes?: readonly string[],
): void {
  const fallback = fallbackNodes(nodes, provider, hostNodes);
  if (fallback.length === 0) return;
  const shown = fallback.slice(0, SHOWN).map(({ name, op }) => `${op} '${name}'`).join(", ");
  const more = fallback.length > SHOWN ? ` and ${fallback.length - SHOWN} more` : "";
  throw new UserError(
    "runtime_unavailable",
    `Cannot run all nodes with ${provider}: it lacks ${shown}${more}`,
  );
}
