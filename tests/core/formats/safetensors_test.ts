import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "../../fast_check.ts";
import { openSafetensors, openSafetensorsFile } from "../../../core/formats/safetensors.ts";
import {
  encodeSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from "../../../core/formats/write_safetensors.ts";
import { headerLength, LENGTH_BYTES, parseHeader } from "../../../core/formats/safetensors_header.ts";
import { UserError } from "../../../core/errors.ts";
import { inFolder } from "../networks/in_folder.ts";

const fixtures = fileURLToPath(new URL("../../fixtures/", import.meta.url));
const SAMPLE = {
  "b.weight": { dtype: "F32", shape: [2, 2], data: new Float32Array([1, -2, 3.5, 0]) },
  "a.ids": { dtype: "I64", shape: [3], data: new BigInt64Array([1n, -2n, 2n ** 60n]) },
  "a.pos": { dtype: "I32", shape: [], data: new Int32Array([-7]) },
  "c.half": { dtype: "BF16", shape: [2], data: new Uint16Array([0x3f80, 0xc000]) },
  "empty": { dtype: "F32", shape: [0, 4], data: new Float32Array(0) },
} as const;

function bytesOf(tensors: Record<string, TensorToWrite>, metadata = {}): Uint8Array<ArrayBuffer> {
  const chunks = [...encodeSafetensors(tensors, metadata)];
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) bytes.set(chunk, at), at += chunk.length;
  return bytes;
}

/** A file with this header and this many bytes of data. */
function fileOf(header: unknown, dataBytes: number): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(LENGTH_BYTES + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

function parse(bytes: Uint8Array) {
  const length = headerLength(bytes.subarray(0, LENGTH_BYTES), bytes.length, "x.safetensors");
  return parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length), bytes.length, "x.safetensors");
}

function damaged(message: RegExp) {
  return (thrown: unknown) => {
    assert.ok(thrown instanceof UserError, String(thrown));
    assert.equal(thrown.code, "damaged_model");
    assert.match(thrown.message, message);
    assert.doesNotMatch(thrown.message, /\/tmp|\/fixtures/);
    return true;
  };
}

Deno.test("writeSafetensors() then openSafetensors() gives the same tensors back", () =>
  inFolder(async (folder) => {
    await writeSafetensors(join(folder, "model.safetensors"), SAMPLE, { format: "pt" });
    const source = await openSafetensors(folder);
    assert.deepEqual(source.names(), ["a.ids", "a.pos", "b.weight", "c.half", "empty"]);
    assert.deepEqual(source.metadata, { format: "pt" });
    assert.deepEqual(source.info("b.weight"), {
      dtype: "F32",
      shape: [2, 2],
      bytes: 16,
      file: "model.safetensors",
    });
    const [weights, ids, pos, half, empty] = await Promise.all(
      ["b.weight", "a.ids", "a.pos", "c.half", "empty"].map((name) => source.read(name)),
    );
    assert.deepEqual(weights, SAMPLE["b.weight"].data);
    assert.deepEqual(ids, SAMPLE["a.ids"].data);
    assert.deepEqual(pos, SAMPLE["a.pos"].data);
    assert.deepEqual(half, new Float32Array([1, -2]));
    assert.deepEqual(empty, new Float32Array(0));
    await assert.rejects(source.readFloat32("a.ids"), /"a.ids" has dtype I64: supported are F32/);
    assert.throws(() => source.info("nope"), damaged(/no tensor "nope"/));
    source.close();
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["model.safetensors"]);
  }));

Deno.test("encodeSafetensors() gives the bytes the reference library gave", async () => {
  for (const path of ["qwen3/adapter/adapter_model", "gpt2/model", "llama/expected"]) {
    const file = `${fixtures}${path}.safetensors`;
    const source = await openSafetensorsFile(file);
    const tensors: Record<string, TensorToWrite> = {};
    for (const name of source.names()) {
      const { shape, dtype } = source.info(name);
      tensors[name] = { dtype, shape, data: await source.read(name) } as TensorToWrite;
    }
    source.close();
    assert.deepEqual(bytesOf(tensors, source.metadata), await Deno.readFile(file), path);
  }
});

Deno.test("readFloat32() widens every float16 and bfloat16 exactly", () =>
  inFolder(async (folder) => {
    const all = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
    const shape = [0x10000];
    await writeSafetensors(join(folder, "model.safetensors"), {
      f16: { dtype: "F16", shape, data: all },
      bf16: { dtype: "BF16", shape, data: all },
    });
    const source = await openSafetensors(folder);
    const [f16, bf16] = [await source.readFloat32("f16"), await source.readFloat32("bf16")];
    source.close();
    const halves = new Float16Array(all.buffer);
    const bits = new DataView(bf16.buffer);
    for (let index = 0; index < all.length; index++) {
      assert.ok(Object.is(f16[index], halves[index]), `float16 ${index.toString(16)}`);
      assert.equal(bits.getUint32(index * 4, true), index * 0x10000, `bfloat16 ${index.toString(16)}`);
    }
  }));

Deno.test("openSafetensors() reads shards that the index names", () =>
  inFolder(async (folder) => {
    const { "a.ids": ids, "b.weight": weights } = SAMPLE;
    await writeSafetensors(join(folder, "model-00001-of-00002.safetensors"), { "a.ids": ids });
    await writeSafetensors(join(folder, "model-00002-of-00002.safetensors"), { "b.weight": weights });
    const index = (map: unknown) =>
      Deno.writeTextFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));
    const good = {
      "a.ids": "model-00001-of-00002.safetensors",
      "b.weight": "model-00002-of-00002.safetensors",
    };
    await index(good);
    const source = await openSafetensors(folder);
    assert.deepEqual(source.names(), ["a.ids", "b.weight"]);
    assert.deepEqual(await source.read("b.weight"), weights.data);
    assert.equal(source.info("b.weight").file, "model-00002-of-00002.safetensors");
    source.close();
    for (const shard of ["pytorch_model-00001-of-00002.bin", "x.pt", "x.ckpt"]) {
      await index({ ...good, "c": shard });
      await assert.rejects(openSafetensors(folder), {
        code: "unsupported_model",
        message: `${shard} is a pickle, which runs what it holds: save the weights as safetensors`,
      });
    }
    await index({ ...good, "c": "model-00003-of-00002.safetensors" });
    await assert.rejects(openSafetensors(folder), damaged(/model-00003-of-00002.safetensors is missing/));
    for (
      const shard of [
        "../x.safetensors",
        "/x.safetensors",
        "a\\b.safetensors",
        "..",
        "x\0.safetensors",
        3,
        null,
      ]
    ) {
      await index({ ...good, "c": shard });
      await assert.rejects(openSafetensors(folder), damaged(/same folder for tensor "c"/));
    }
  }));

Deno.test("openSafetensors() takes all that the files hold, whatever an index says is in which", () =>
  inFolder(async (folder) => {
    const [one, two] = ["model-1.safetensors", "model-2.safetensors"];
    const of = (...values: number[]) => ({
      dtype: "F32" as const,
      shape: [values.length],
      data: new Float32Array(values),
    });
    await writeSafetensors(join(folder, two), { a: of(1), both: of(2) });
    await writeSafetensors(join(folder, one), { b: of(3), both: of(4) });
    await writeSafetensors(join(folder, "model-3.safetensors"), { c: of(5) });
    // Left out: b and both. In none: lm_head.weight. In another than it says: a. Not named: the third file.
    const weight_map = { "lm_head.weight": two, a: one };
    await Deno.writeTextFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map }));
    const source = await openSafetensors(folder);
    assert.deepEqual(source.names(), ["a", "b", "both"]);
    // The last of the files by name has it, in whatever order the index names them.
    assert.deepEqual(await source.readFloat32("both"), new Float32Array([2]));
    source.close();
    await writeSafetensors(join(folder, "model.safetensors"), { d: of(6) });
    const single = await openSafetensors(folder);
    assert.deepEqual(single.names(), ["d"]);
    single.close();
  }));

Deno.test("openSafetensors() names a pickle that is there instead, and a link that leads nowhere", () =>
  inFolder(async (folder) => {
    for (
      const name of ["consolidated.00.pth", "model.ckpt", "pytorch_model.bin.index.json", "pytorch_model.bin"]
    ) {
      await Deno.writeTextFile(join(folder, name), "");
      await assert.rejects(openSafetensors(folder), {
        code: "unsupported_model",
        message: `${name} is a pickle, which runs what it holds: save the weights as model.safetensors`,
      });
      await Deno.remove(join(folder, name));
    }
    await Deno.symlink("../blobs/none", join(folder, "model.safetensors"));
    await assert.rejects(
      openSafetensors(folder),
      damaged(/model.safetensors is a link to a file that is not there/),
    );
  }));

Deno.test("openSafetensors() refuses a folder without weights, and one whose file is cut short", () =>
  inFolder(async (folder) => {
    await assert.rejects(openSafetensors(folder), damaged(/neither model.safetensors nor/));
    await Deno.writeFile(join(folder, "model.safetensors"), bytesOf(SAMPLE).subarray(0, -4));
    await assert.rejects(openSafetensors(folder), damaged(/"c.half" of model.safetensors ends at byte/));
    await Deno.writeFile(join(folder, "model.safetensors"), bytesOf(SAMPLE));
    const source = await openSafetensors(folder);
    await Deno.truncate(join(folder, "model.safetensors"), 100);
    await assert.rejects(source.readFloat32("b.weight"), damaged(/model.safetensors was cut short/));
    source.close();
    await Deno.remove(join(folder, "model.safetensors"));
    await Deno.mkdir(join(folder, "model.safetensors"));
    await assert.rejects(openSafetensors(folder), damaged(/model.safetensors (is not a file|cannot be)/));
  }));

Deno.test("parseHeader() names the fault of a wrong header", () => {
  const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4]) => ({
    dtype: "F32",
    shape,
    data_offsets: [begin, end],
  });
  const faults: [unknown, number, RegExp][] = [
    ["{", 0, /not JSON/],
    ["[]", 0, /not a JSON object/],
    [{ x: f32(0, 8) }, 4, /"x" of x.safetensors ends at byte/],
    [{ x: f32(0, 8) }, 12, /4 bytes after its last tensor/],
    [{ x: f32(0, 8), y: f32(4, 12) }, 12, /"y" of x.safetensors overlaps/],
    [{ x: f32(0, 8), y: f32(12, 16) }, 16, /"y" of x.safetensors leaves 4 bytes unused/],
    [{ x: f32(0, 8, [3]) }, 8, /has 8 bytes: F32 of shape \[3\] has 12/],
    [{ x: f32(0, 8, [-2]) }, 8, /has shape \[-2\]/],
    [{ x: f32(0, 8, [1e300, 1e300]) }, 8, /has shape/],
    [{ x: f32(0, 8, [2 ** 50, 2 ** 50]) }, 8, /has 8 bytes: F32/],
    [{ x: f32(8, 0, [0]) }, 8, /ends at byte/],
    [{ x: { dtype: "Q4", shape: [], data_offsets: [0, 0] } }, 0, /has dtype "Q4": known are F64/],
    [{ x: { dtype: "toString", shape: [], data_offsets: [0, 0] } }, 0, /has dtype "toString"/],
    [{ x: { dtype: "F32", shape: [], data_offsets: [0] } }, 0, /data_offsets \[0\]/],
    [{ x: null }, 0, /not described by an object/],
    [{ __metadata__: { a: 1 } }, 0, /__metadata__/],
    [
      '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0078" :{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      4,
      /key "x" twice/,
    ],
  ];
  for (const [header, dataBytes, message] of faults) {
    assert.throws(() => parse(fileOf(header, dataBytes)), damaged(message), JSON.stringify(header));
  }
  const huge = fileOf("{}", 0);
  new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true);
  assert.throws(() => parse(huge), damaged(/announces a header of 9223372036854775808 bytes: at most 2 fit/));
  assert.throws(() => parse(new Uint8Array(3)), damaged(/too short/));
});

Deno.test("a tensor may have any name that JSON can say", () => {
  const { tensors } = parse(fileOf('{"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4));
  assert.deepEqual([...tensors.keys()], ["__proto__"]);
  assert.throws(() => bytesOf({ ["__metadata__"]: SAMPLE["b.weight"] }), /cannot be named/);
  assert.throws(() => bytesOf({ x: { dtype: "F32", shape: [3], data: new Float32Array(2) } }), RangeError);
});

Deno.test({
  name: "a pipe in place of a file is refused without waiting for who might write to it",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      await new Deno.Command("mkfifo", { args: [join(folder, "model.safetensors")] }).output();
      await assert.rejects(openSafetensors(folder), { code: "damaged_model", message: /is not a file/ });
    }),
});

Deno.test("the parser answers damaged bytes with nothing but UserError", () => {
  const good = bytesOf(SAMPLE, { format: "pt" });
  const edits = fc.array(
    fc.record({
      at: fc.nat(good.length - 1),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...'{}[]",:0919-eE'.split("").map((c) => c.charCodeAt(0)))),
    }),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(edits, fc.nat(good.length), (changes, cut) => {
      const bytes = good.slice(0, cut % 4 === 0 ? cut : good.length);
      for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte;
      try {
        for (const { begin, end } of parse(bytes).tensors.values()) {
          assert.ok(begin <= end && end <= bytes.length);
        }
      } catch (thrown) {
        assert.ok(thrown instanceof UserError && thrown.code === "damaged_model", String(thrown));
      }
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), fc.nat(64), (json, dataBytes) => {
      assert.throws(() => {
        parse(fileOf(json, dataBytes));
        if (dataBytes === 0) throw new UserError("damaged_model", "an empty file may be right");
      }, UserError);
    }),
    { numRuns: 500 },
  );
  const deep = `{"x":{"dtype":"F32","shape":${"[".repeat(100_000)}${
    "]".repeat(100_000)
  },"data_offsets":[0,4]}}`;
  assert.throws(() => parse(fileOf(deep, 4)), UserError);
});
