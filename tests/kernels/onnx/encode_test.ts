/** Messages, read back with the descriptor they were written with. */
import assert from "node:assert/strict";
import { Builder } from "../../../kernels/graph/builder.ts";
import { encodeModel, WEIGHTS_LOCATION } from "../../../kernels/onnx/encode.ts";
import { ModelProto } from "../../../kernels/onnx/schema.ts";

// deno-lint-ignore no-explicit-any -- the message has no static type
type Message = any;

/** Fields with their default value are not in a message, and not here either. */
function decode(bytes: Uint8Array): Message {
  return ModelProto.toObject(ModelProto.decode(bytes), { longs: Number });
}

Deno.test("A graph decodes to the message it stands for", () => {
  const g = new Builder("small");
  const x = g.input("x", "float32", ["B", 2]);
  const w = g.weight("layer.w", [3, 2]);
  const { bytes } = g.finish({ y: g.add(g.matmul(x, w, { transB: true, alpha: 0.5 }), 7) });
  assert.deepEqual(decode(bytes), {
    ir_version: 10,
    producer_name: "proximal",
    opset_import: [{ version: 21 }, { domain: "com.microsoft", version: 1 }],
    graph: {
      name: "small",
      input: [{
        name: "x",
        type: { tensor_type: { elem_type: 1, shape: { dim: [{ dim_param: "B" }, { dim_value: 2 }] } } },
      }],
      output: [{
        name: "y",
        type: { tensor_type: { elem_type: 1, shape: { dim: [{ dim_param: "B" }, { dim_value: 3 }] } } },
      }],
      value_info: [{
        name: "FusedMatMul",
        type: { tensor_type: { elem_type: 1, shape: { dim: [{ dim_param: "B" }, { dim_value: 3 }] } } },
      }],
      initializer: [
        {
          name: "constant_0_1",

          data_type: 1,
          raw_data: Buffer.from([0, 0, 0xe0, 0x40]),
        },
        {
          name: "layer.w",
          dims: [3, 2],
          data_type: 1,
          data_location: 1,
          external_data: [{ key: "location", value: WEIGHTS_LOCATION }],
        },
      ],
      node: [
        {
          name: "FusedMatMul",
          op_type: "FusedMatMul",
          domain: "com.microsoft",
          input: ["x", "layer.w"],
          output: ["FusedMatMul"],
          attribute: [
            { name: "transA", type: 2 },
            { name: "transB", i: 1, type: 2 },
            { name: "alpha", f: 0.5, type: 1 },
          ],
        },
        {
          name: "Add",
          op_type: "Add",
          input: ["FusedMatMul", "constant_0_1"],
          output: ["y"],
        },
      ],
    },
  });
});

Deno.test("Attributes keep their kinds, integers beyond 32 bits and signs included", () => {
  const bytes = encodeModel({
    name: "attributes",
    inputs: [],
    outputs: [],
    constants: [],
    weights: [],
    nodes: [{
      name: "n",
      op: "Op",
      domain: "",
      inputs: ["", "a"],
      outputs: ["b", ""],
      attributes: { whole: -3, large: 2 ** 40, real: { float: -1.5 }, word: "add", list: [-1, 0, 2 ** 33] },
    }],
  });
  const [node] = decode(bytes).graph.node;
  assert.deepEqual([node.input, node.output], [["", "a"], ["b", ""]]);
  assert.deepEqual(
    node.attribute.map((
      { name, type, i, f, s, ints }: Message,
    ) => [name, type, i ?? f ?? s?.toString() ?? ints]),
    [["whole", 2, -3], ["large", 2, 2 ** 40], ["real", 1, -1.5], ["word", 3, "add"], ["list", 7, [
      -1,
      0,
      2 ** 33,
    ]]],
  );
});
