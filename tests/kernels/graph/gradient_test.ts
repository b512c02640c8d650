/** The gradient walk: what meets at a value adds up, broadcasts are summed back, and what cannot be is said. */
import assert from "node:assert/strict";
import { Builder } from "../../../kernels/graph/builder.ts";
import { gradients } from "../../../kernels/graph/gradient.ts";
import { scalar, vector } from "../run_artifact.ts";
import { matrix, runGraph } from "../run_graph.ts";
import { within } from "../within.ts";

Deno.test("gradients() sums a broadcast operand's gradient back to its shape", async () => {
  const inputs = {
    a: matrix([[1, 2, 3], [4, 5, 6]]),
    row: vector([10, 20, 30]),
    column: matrix([[2], [3]]),
    one: matrix([[7]]),
    number: scalar(5),
  };
  const outputs = await runGraph(inputs, (g, { a, row, column, one, number }) => {
    const product = g.mul(g.mul(g.add(a, row), column), g.mul(one, number));
    const wrt = { a, row, column, one, number };
    const grads = gradients(g, g.reduceSum(product, [0, 1], false), Object.values(wrt));
    return Object.fromEntries(Object.keys(wrt).map((name, index) => [name + "_grad", grads[index]!]));
  });
  const total = 2 * (11 + 22 + 33) + 3 * (14 + 25 + 36);
  assert.deepEqual(outputs.a_grad!.data, [70, 70, 70, 105, 105, 105]);
  assert.deepEqual(outputs.row_grad!.data, [175, 175, 175]);
  assert.deepEqual(outputs.column_grad!.data, [35 * 66, 35 * 75]);
  assert.deepEqual(outputs.one_grad!, { dtype: "float32", dims: [1, 1], data: [5 * total] });
  assert.deepEqual(outputs.number_grad!, { dtype: "float32", dims: [], data: [7 * total] });
});

Deno.test("gradients() adds what several uses of a value give", async () => {
  const { dx } = await runGraph({ x: vector([1, 2, 3]) }, (g, { x }) => {
    const cube = g.mul(g.mul(x, x), x);
    const loss = g.reduceSum(
      g.add(g.add(cube, g.mul(x, 4)), g.mul(x, g.reduceSum(x, [0], true))),
      [0],
      false,
    );
    return { dx: gradients(g, loss, [x])[0]! };
  });
  // Σ x³ + 4x + x·Σx: 3x² + 4 + 2·Σx
  assert.deepEqual(dx!.data, [19, 28, 43]);
});

Deno.test("gradients() of a tied embedding adds its gradients as rows and as head", async () => {
  const [V, H] = [5, 3];
  const E = Array.from({ length: V * H }, (_, i) => Math.sin(i + 1));
  const targets = [2, 0, 2, 4];
  const run = (data: number[]) =>
    runGraph({ e: { dims: [V, H], data } }, (g, { e }) => {
      const h = g.tanh(g.gather(e, g.ints([1, 2, 2, 0]), 0));
      const [logprobs] = g.op("SelectedLogprobs", [h, e, g.ints(targets), g.scalar(1)], {});
      const loss = g.reduceSum(logprobs!, [0], false);
      return { loss, grad: gradients(g, loss, [e])[0]! };
    });
  const grad = (await run(E)).grad!.data;
  const step = 1 / 64;
  const numeric = await Promise.all(E.map(async (_, at) => {
    const [up, down] = await Promise.all(
      [step, -step].map((by) => run(E.map((value, i) => i === at ? value + by : value))),
    );
    return (up!.loss!.data[0]! - down!.loss!.data[0]!) / (2 * step);
  }));
  within(grad, numeric, 1e-3, "gradient");
});

Deno.test("gradients() gives the loss itself 1 and comes in the order asked for", async () => {
  const inputs = { x: scalar(3), y: scalar(5) };
  const { dLoss, dy, dx } = await runGraph(inputs, (g, { x, y }) => {
    const loss = g.mul(x, y);
    const [dLoss, dy, dx] = gradients(g, loss, [loss, y, x]);
    return { dLoss: dLoss!, dy: dy!, dx: dx! };
  });
  assert.deepEqual([dLoss!.data, dy!.data, dx!.data], [[1], [3], [5]]);
});

Deno.test("gradients() of two losses over one graph do not mix", async () => {
  const { first, second } = await runGraph({ x: vector([1, 2]) }, (g, { x }) => {
    const y = g.exp(x);
    const [first] = gradients(g, g.reduceSum(y, [0], false), [x]);
    const [second] = gradients(g, g.reduceSum(g.mul(y, y), [0], false), [x]);
    return { first: first!, second: second! };
  });
  within(first!.data, [Math.E, Math.E ** 2], 1e-5, "first");
  within(second!.data, [2 * Math.E ** 2, 2 * Math.E ** 4], 1e-4, "second");
});

Deno.test("gradients() adds no node for what nobody asked the gradient of", () => {
  const nodes = (wrt: "x" | "both") => {
    const g = new Builder("test");
    const x = g.input("x", "float32", ["N", 4]);
    const w = g.input("w", "float32", [4, 4]);
    const loss = g.reduceSum(g.matmul(x, w), [0, 1], false);
    const before = g.tape.length;
    gradients(g, loss, wrt === "x" ? [x] : [x, w]);
    return g.tape.slice(before).filter(({ op }) => op === "FusedMatMul").length;
  };
  assert.equal(nodes("x"), 1);
  assert.equal(nodes("both"), 2);
});

Deno.test("gradients() passes constants by: a loss of constants alone depends on no input", () => {
  const g = new Builder("test");
  const x = g.input("x", "float32", []);
  const loss = g.mul(g.exp(g.scalar(2)), 3);
  assert.throws(() => gradients(g, loss, [x]), {
    name: "RangeError",
    message: "The loss does not depend on x",
  });
});

Deno.test("gradients() says which op, and where, has no gradient rule", () => {
  const g = new Builder("test");
  const x = g.input("x", "float32", [2, 5]);
  const [largest] = g.scope("head", () => g.scope("pick", () => g.topK(x, g.ints([2]), 2)));
  const loss = g.reduceSum(largest!, [0, 1], false);
  assert.throws(() => gradients(g, loss, [x]), {
    name: "RangeError",
    message: "No gradient flows through TopK at head.pick.TopK",
  });
});

Deno.test("gradients() stops at integers: an index chosen by a value has no gradient", () => {
  const g = new Builder("test");
  const x = g.input("x", "float32", [5]);
  const loss = g.cast(g.argMax(x, 0, false), "float32");
  assert.throws(() => gradients(g, loss, [x]), /does not depend on x/);
});

Deno.test("gradients() refuses a loss that is not a scalar and an input the loss does not depend on", () => {
  const g = new Builder("test");
  const [x, y] = [g.input("x", "float32", ["N"]), g.input("y", "float32", ["N"])];
  const notScalar = { name: "RangeError", message: "The loss must be a scalar: its shape is [N]" };
  assert.throws(() => gradients(g, g.mul(x, y), [x]), notScalar);
  assert.throws(() => gradients(g, g.reduceSum(x, [0], false), [x, y]), /does not depend on y/);
});

Deno.test("gradients() names the ops it adds after the op they belong to", () => {
  const g = new Builder("test");
  const x = g.input("x", "float32", []);
  const loss = g.scope("layer", () => g.exp(x));
  gradients(g, loss, [x]);
  assert.equal(g.tape.at(-1)!.path, "gradient.layer.Exp.Mul");
});
