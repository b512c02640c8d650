import assert from "node:assert/strict";
import { fallbackNodes, requireProvider } from "../../../core/ort/providers.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { Builder } from "../../../kernels/graph/builder.ts";

const runtime = Runtime.open({ device: "allocated" });

/** y = x·√x reshaped by a size of x. */
function graph() {
  const g = new Builder("shapes");
  const x = g.input("x", "float32", ["n", "m"]);
  const y = g.mul(x, g.sqrt(x));
  return g.finish({ y: g.expand(g.reshape(y, ["n", "m", 1]), ["n", "m", "n"]) });
}

Deno.test("a session says which provider runs each of its nodes, by the names of the graph", async () => {
  const { bytes } = graph();
  using session = await runtime.createSession(bytes);
  const nodes = session.nodes();
  assert.ok(nodes.length > 3);
  assert.ok(nodes.every(({ provider }) => provider === "CPUExecutionProvider"));
  assert.ok(nodes.some(({ name, op }) => name === "Sqrt" && op === "Sqrt"));
});

Deno.test("nodes that compute shapes may stay on the host; any other is named as an error", async () => {
  const { bytes, hostNodes } = graph();
  using session = await runtime.createSession(bytes);
  const fallback = fallbackNodes(session.nodes(), "CUDAExecutionProvider", hostNodes).map(({ op }) => op);
  assert.ok(["Mul", "Sqrt", "Expand"].every((op) => fallback.includes(op)));
  assert.ok(["Shape", "Concat"].every((op) => !fallback.includes(op)), `${fallback}`);
  assert.throws(
    () => requireProvider(session.nodes(), "CUDAExecutionProvider", hostNodes),
    {
      code: "runtime_unavailable",
      message: /Cannot run all nodes with CUDAExecutionProvider: it lacks .*Sqrt/,
    },
  );
  requireProvider(session.nodes(), "CPUExecutionProvider");
});
