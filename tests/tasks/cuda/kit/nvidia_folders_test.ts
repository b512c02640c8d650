import assert from "node:assert/strict";
import { join } from "node:path";
import { nvidiaFolders } from "../../../../tasks/cuda/kit/nvidia_folders.ts";
import { inFolder } from "../../../core/networks/in_folder.ts";

Deno.test("nvidiaFolders() finds the libraries in PyTorch's packages and an installed CUDA's, and no empty folders", () =>
  inFolder(async (root) => {
    const add = async (...names: string[]) => {
      for (const name of names) {
        await Deno.mkdir(join(root, name, ".."), { recursive: true });
        await Deno.writeTextFile(join(root, name), "");
      }
    };
    await add(
      "venv/lib/python3.12/site-packages/nvidia/cu13/lib/libcublas.so.13",
      "venv/lib/python3.12/site-packages/nvidia/cudnn/lib/libcudnn.so.9",
      "venv/lib/python3.12/site-packages/nvidia/notes/lib/README",
      "venv/lib/python3.12/site-packages/torch/lib/libtorch.so",
      "cuda-13.0/lib64/libcudart.so.13",
    );
    const found = await nvidiaFolders([join(root, "*/lib/python3*/site-packages")], [
      join(root, "cuda*/lib64"),
    ]);
    const ours = found.filter((folder) => folder.startsWith(root)).map((folder) =>
      folder.slice(root.length + 1)
    );
    assert.deepEqual(ours, [
      "venv/lib/python3.12/site-packages/nvidia/cu13/lib",
      "venv/lib/python3.12/site-packages/nvidia/cudnn/lib",
      "cuda-13.0/lib64",
    ]);
  }));
