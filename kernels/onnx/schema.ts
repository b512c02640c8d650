/**
 * The part of onnx.proto (IR version 10) that our messages use, as a protobufjs descriptor. Field numbers are
 * those of the ONNX specification; fields we never write are left out.
 */
import protobuf from "protobufjs";

const root = protobuf.Root.fromJSON({
  nested: {
    onnx: {
      nested: {
        ModelProto: {
          fields: {
            ir_version: { id: 1, type: "int64" },
            producer_name: { id: 2, type: "string" },
            graph: { id: 7, type: "GraphProto" },
            opset_import: { id: 8, type: "OperatorSetIdProto", rule: "repeated" },
          },
        },
        OperatorSetIdProto: {
          fields: { domain: { id: 1, type: "string" }, version: { id: 2, type: "int64" } },
        },
        GraphProto: {
          fields: {
            node: { id: 1, type: "NodeProto", rule: "repeated" },
            name: { id: 2, type: "string" },
            initializer: { id: 5, type: "TensorProto", rule: "repeated" },
            input: { id: 11, type: "ValueInfoProto", rule: "repeated" },
            output: { id: 12, type: "ValueInfoProto", rule: "repeated" },
            value_info: { id: 13, type: "ValueInfoProto", rule: "repeated" },
          },
        },
        NodeProto: {
          fields: {
            input: { id: 1, type: "string", rule: "repeated" },
            output: { id: 2, type: "string", rule: "repeated" },
            name: { id: 3, type: "string" },
            op_type: { id: 4, type: "string" },
            attribute: { id: 5, type: "AttributeProto", rule: "repeated" },
            domain: { id: 7, type: "string" },
          },
        },
        AttributeProto: {
          fields: {
            name: { id: 1, type: "string" },
            f: { id: 2, type: "float" },
            i: { id: 3, type: "int64" },
            s: { id: 4, type: "bytes" },
            floats: { id: 7, type: "float", rule: "repeated", options: { packed: false } },
            ints: { id: 8, type: "int64", rule: "repeated", options: { packed: false } },
            type: { id: 20, type: "int32" },
          },
        },
        TensorProto: {
          fields: {
            dims: { id: 1, type: "int64", rule: "repeated", options: { packed: false } },
            data_type: { id: 2, type: "int32" },
            name: { id: 8, type: "string" },
            raw_data: { id: 9, type: "bytes" },
            external_data: { id: 13, type: "StringStringEntryProto", rule: "repeated" },
            data_location: { id: 14, type: "int32" },
          },
        },
        StringStringEntryProto: {
          fields: { key: { id: 1, type: "string" }, value: { id: 2, type: "string" } },
        },
        ValueInfoProto: { fields: { name: { id: 1, type: "string" }, type: { id: 2, type: "TypeProto" } } },
        TypeProto: { fields: { tensor_type: { id: 1, type: "TensorType" } } },
        TensorType: {
          fields: { elem_type: { id: 1, type: "int32" }, shape: { id: 2, type: "TensorShapeProto" } },
        },
        TensorShapeProto: { fields: { dim: { id: 1, type: "Dimension", rule: "repeated" } } },
        Dimension: { fields: { dim_value: { id: 1, type: "int64" }, dim_param: { id: 2, type: "string" } } },
      },
    },
  },
}, new protobuf.Root());

/** The root message type. */
export const ModelProto: protobuf.Type = root.lookupType("onnx.ModelProto");
