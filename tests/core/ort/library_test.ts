import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openApi } from "../../../core/ort/api.ts";
import { findLibrary, packagedLibrary } from "../../../core/ort/library.ts";
import { Runtime } from "../../../core/ort/runtime.ts";

const unavailable = (message: RegExp) => ({ name: "UserError", code: "runtime_unavailable", message });

Deno.test("packagedLibrary() names the file the package ships for each system", () => {
  const paths = ([
    ["linux", "x86_64"],
    ["linux", "aarch64"],
    ["darwin", "aarch64"],
    ["windows", "x86_64"],
    ["windows", "aarch64"],
  ] as const).map(([os, arch]) => packagedLibrary(os, arch));
  assert.deepEqual(paths, [
    "bin/napi-v6/linux/x64/libonnxruntime.so.1",
    "bin/napi-v6/linux/arm64/libonnxruntime.so.1",
    "bin/napi-v6/darwin/arm64/libonnxruntime.1.dylib",
    "bin/napi-v6/win32/x64/onnxruntime.dll",
    "bin/napi-v6/win32/arm64/onnxruntime.dll",
  ]);
});

Deno.test("findLibrary() finds this system's library in the installed package", () => {
  const path = findLibrary();
  assert.ok(path.endsWith(packagedLibrary(Deno.build.os, Deno.build.arch)));
  assert.ok(Deno.statSync(path).isFile);
});

Deno.test("packagedLibrary() refuses a system without a library and says what to set", () => {
  assert.throws(() => packagedLibrary("darwin", "x86_64"), unavailable(/'darwin x86_64', set the path/));
  assert.throws(() => packagedLibrary("freebsd", "x86_64"), unavailable(/'freebsd x86_64'/));
});

Deno.test("Runtime.open() with a missing library names the path and the repair", () => {
  assert.throws(
    () => Runtime.open({ library: "missing/libonnxruntime.so" }),
    unavailable(/no file at 'missing\/libonnxruntime.so', set the path of an existing onnxruntime library/),
  );
});

Deno.test("Runtime.open() with a file that is no library says which file", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "not a library");
    assert.throws(() => Runtime.open({ library: path }), unavailable(/Cannot open onnxruntime at '.+'/));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("openApi() refuses a library older than the function table it asks for", () => {
  assert.throws(
    () => openApi(findLibrary(), 99),
    unavailable(/^Cannot use onnxruntime 1\.\d+\.\d+ at .+: 1\.99 or newer/),
  );
});

Deno.test("Runtime.open() without the permission to call libraries names the flag", async () => {
  const runtime = new URL("../../../core/ort/runtime.ts", import.meta.url);
  const config = fileURLToPath(new URL("../../../deno.json", import.meta.url));
  const script = `import { Runtime } from "${runtime}";
    try { Runtime.open() } catch (error) { console.log(error.code, error.message) }`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", "--allow-env", "--config", config, "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { stdout } = await child.output();
  assert.match(
    new TextDecoder().decode(stdout),
    /^runtime_unavailable Cannot open onnxruntime at .+--allow-ffi/,
  );
});
