import assert from "node:assert/strict";
import { join } from "node:path";
import {
  describeLibrary,
  loadCudaLibraries,
  missingLibraries,
  PROVIDER,
  PROVIDER_BRIDGE,
  wantedLibraries,
} from "../../../core/ort/cuda_libraries.ts";
import { neededLibraries } from "../../../core/ort/elf.ts";
import { findLibrary } from "../../../core/ort/library.ts";
import { Runtime } from "../../../core/ort/runtime.ts";

async function inFolder(work: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("neededLibraries() reads a shared library's own list, and refuses what is none", async () => {
  const needed = neededLibraries(findLibrary());
  assert.ok(needed.includes("libstdc++.so.6") && needed.includes("libc.so.6"), `${needed}`);
  await inFolder(async (folder) => {
    const path = join(folder, "text.so");
    await Deno.writeTextFile(path, "no library ".repeat(20));
    assert.throws(() => neededLibraries(path), /it is no 64-bit ELF file/);
  });
});

Deno.test("libraries go by the names people know, with their version", () => {
  const label = (soname: string) => describeLibrary(soname).label;
  assert.equal(label("libcublas.so.13"), "cuBLAS 13 (libcublas.so.13)");
  assert.equal(label("libcudart.so.12"), "the CUDA runtime 12 (libcudart.so.12)");
  assert.equal(label("libcuda.so.1"), "the NVIDIA driver (libcuda.so.1)");
  assert.equal(label("libother.so.2"), "libother.so.2");
});

Deno.test("without the provider's file the message says what puts it there", () =>
  inFolder((folder) => {
    const library = join(folder, "libonnxruntime.so.1");
    assert.throws(() => loadCudaLibraries(library), {
      code: "runtime_unavailable",
      message: new RegExp(`there is no ${PROVIDER_BRIDGE} beside .*deno task cuda:install`),
    });
  }));

Deno.test("every library that cannot be loaded is named, with what brings it", () =>
  inFolder(async (folder) => {
    // Any library does for a provider: what it needs is what its file says.
    await Deno.copyFile(findLibrary(), join(folder, PROVIDER));
    await Deno.writeTextFile(join(folder, PROVIDER_BRIDGE), "");
    await Deno.writeTextFile(join(folder, "libcudnn.so.9"), "damaged");
    assert.deepEqual(wantedLibraries(folder), ["libcudnn.so.9"]);
    const problem = missingLibraries(loadCudaLibraries(join(folder, "libonnxruntime.so.1")));
    assert.equal(problem?.code, "runtime_unavailable");
    assert.match(problem!.message, /^Cannot use CUDA: cuDNN 9 \(libcudnn\.so\.9\) is missing: .*\(cuDNN, or/);
  }));

Deno.test("Runtime.open() on a GPU that is not there fails instead of using the CPU", () => {
  assert.throws(() => Runtime.open({ device: "cuda:63" }), {
    code: "runtime_unavailable",
    message: /^Cannot use CUDA: /,
  });
});
