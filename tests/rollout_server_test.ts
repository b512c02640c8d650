/**
 * A whole job on a server of ours whose rollouts llama.cpp's server samples, from the embedded model as a GGUF: the two agree
 * on every token's log-probability, and a server that goes away ends the attempt by name.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TextLineStream } from "@std/streams/text-line-stream";
import { inFolder } from "./core/networks/in_folder.ts";
import { has, testWith } from "./needs.ts";
import { spawnServer } from "./spawn_server.ts";

/** A Python with the packages xllamacpp and gguf. */
const PYTHON = Deno.env.get("LLAMA_CPP_PYTHON") ?? "python3";
const SCRIPT = fileURLToPath(new URL("fixtures/llama_cpp_server.py", import.meta.url));
const TINY = fileURLToPath(new URL("../models/tiny", import.meta.url));

const test = testWith({
  "llama.cpp's server (LLAMA_CPP_PYTHON)": () => has(PYTHON, "-c", "import xllamacpp, gguf, numpy"),
});
