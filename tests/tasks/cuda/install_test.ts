import assert from "node:assert/strict";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { PROVIDER, PROVIDER_BRIDGE } from "../../../core/ort/cuda_libraries.ts";
import { installFrom } from "../../../tasks/cuda/install.ts";
import { wheelEntries } from "../../../tasks/cuda/wheel.ts";
import { inFolder } from "../../core/networks/in_folder.ts";

/** A zip archive, every other file deflated. Checksums are left out: nobody here reads them. */
function zip(files: Record<string, string>): Uint8Array {
  const [bodies, table]: [number[], number[]] = [[], []];
  Object.entries(files).forEach(([name, content], index) => {
    const plain = new TextEncoder().encode(content);
    const method = index % 2 === 0 ? 8 : 0;
    const data = method === 8 ? deflateRawSync(plain) : plain;
    const path = [...new TextEncoder().encode(name)];
    const [u16, u32] = [2, 4].map((bytes) => (value: number) =>
      Array.from({ length: bytes }, (_, i) => (value >>> (8 * i)) & 255)
    );
    const sizes = [...u32!(0), ...u32!(data.length), ...u32!(plain.length), ...u16!(path.length), ...u16!(0)];
    const common = [...u16!(20), ...u16!(0), ...u16!(method), ...u32!(0), ...sizes];
    table.push(...u32!(0x02014b50), ...u16!(20), ...common, ...u16!(0), ...u16!(0), ...u16!(0), ...u32!(0));
    table.push(...u32!(bodies.length), ...path);
    bodies.push(...u32!(0x04034b50), ...common, ...path, ...data);
  });
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint32(12, table.length, true);
  end.setUint32(16, bodies.length, true);
  return Uint8Array.from([...bodies, ...table, ...new Uint8Array(end.buffer)]);
}

Deno.test("cuda:install takes the provider and NVIDIA's libraries out of a wheel, and nothing else", () =>
  inFolder(async (folder) => {
    const wheel = join(folder, "onnxruntime_gpu-1.30.0-cp311-x86_64.whl");
    await Deno.writeFile(
      wheel,
      zip({
        [`onnxruntime/capi/${PROVIDER}`]: "provider ".repeat(1000),
        [`onnxruntime/capi/${PROVIDER_BRIDGE}`]: "bridge",
        "onnxruntime/capi/libonnxruntime_providers_tensorrt.so": "no",
        "nvidia/cu13/lib/libcublasLt.so.13": "blas",
        "onnxruntime/__init__.py": "no",
      }),
    );
    assert.equal((await wheelEntries(wheel)).length, 5);
    const target = join(folder, "target");
    await Deno.mkdir(target);
    const installed = await installFrom(wheel, target, "1.30.0");
    assert.deepEqual(installed, ["libcublasLt.so.13", PROVIDER, PROVIDER_BRIDGE]);
    assert.deepEqual([...Deno.readDirSync(target)].map(({ name }) => name).sort(), installed);
    assert.equal(await Deno.readTextFile(join(target, PROVIDER)), "provider ".repeat(1000));
    assert.equal(await Deno.readTextFile(join(target, PROVIDER_BRIDGE)), "bridge");
  }));

Deno.test("cuda:install copies from a folder, and refuses another version's or an empty one", () =>
  inFolder(async (folder) => {
    const [from, target] = [join(folder, "capi"), join(folder, "target")];
    await Deno.mkdir(from);
    await Deno.mkdir(target);
    await assert.rejects(installFrom(from, target, "1.30.0"), /has neither libonnxruntime_providers_cuda/);
    await Deno.writeTextFile(join(from, PROVIDER), "provider");
    await Deno.writeTextFile(join(from, "libcudnn_ops.so.9"), "cudnn");
    await Deno.writeTextFile(join(from, "libc.so.6"), "no");
    assert.deepEqual(await installFrom(from, target, "1.30.0"), ["libcudnn_ops.so.9", PROVIDER]);
    await Deno.writeTextFile(join(from, "libonnxruntime.so.1.29.1"), "other");
    await assert.rejects(installFrom(from, target, "1.30.0"), /is of onnxruntime 1\.29\.1: .* is 1\.30\.0/);
    const wheel = join(folder, "onnxruntime_gpu-1.29.0-cp311.whl");
    await Deno.writeFile(wheel, zip({ "a": "b" }));
    await assert.rejects(installFrom(wheel, target, "1.30.0"), /is of onnxruntime 1\.29\.0/);
  }));

Deno.test("what is no wheel is said to be none", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.whl");
    await Deno.writeTextFile(path, "not a zip archive, only a few words");
    await assert.rejects(wheelEntries(path), /it is no zip archive/);
  }));
