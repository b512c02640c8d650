/**
 * The folder that external initializers claim to live in. onnxruntime wants their file to exist even when
 * `AddInitializer` replaces every one, so it gets an empty one.
 */
import { join } from "node:path";
import { WEIGHTS_LOCATION } from "../../kernels/onnx/encode.ts";

let folder: string | undefined;

/** The folder with the empty file, made on first use and removed when the process (or worker) ends. */
export function weightsFolder(): string {
  if (folder !== undefined) return folder;
  const made = Deno.makeTempDirSync({ prefix: "proximal-weights-" });
  Deno.writeFileSync(join(made, WEIGHTS_LOCATION), new Uint8Array());
  globalThis.addEventListener("unload", () => Deno.removeSync(made, { recursive: true }), { once: true });
  return folder = made;
}
