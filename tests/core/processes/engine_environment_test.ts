import assert from "node:assert/strict";
import { engineEnvironment } from "../../../core/processes/engine_environment.ts";

Deno.test("engineEnvironment() lets through what is named and nothing else", () => {
  const secrets = [
    ...[
      "AWS_SECRET_ACCESS_KEY",
      "AWS_ACCESS_KEY_ID",
      "API_KEYS",
      "HF_TOKEN",
      "HF_ENDPOINT",
      "OUTBOUND_ALLOW",
    ],
    ...[
      "DENO_AUTH_TOKENS",
      "NPM_CONFIG_TOKEN",
      "GITHUB_TOKEN",
      "DATABASE_URL",
      "SSH_AUTH_SOCK",
      "OPENAI_API_KEY",
    ],
    ...[
      "HTTPS_PROXY",
      "PATHS",
      "XCUDA_X",
      "cuda_x",
      "PORT",
      "HOST",
      "MODELS_DIR",
      "__proto__",
      "constructor",
    ],
  ];
  const needed = {
    ...{ PATH: "/bin", HOME: "/home/x", LD_LIBRARY_PATH: "/cuda", CUDA_VISIBLE_DEVICES: "1", LC_ALL: "C" },
    ...{ THREADS: "2", DEVICE: "cuda", LOG_LEVEL: "warn", ORT_LIBRARY: "/x.so", INEXACT_INT8: "uint8" },
  };
  const environment = {
    ...Object.fromEntries(secrets.map((name) => [name, "secret"])),
    ...needed,
    TMPDIR: "",
  };
  assert.deepEqual(engineEnvironment(environment), needed);
});

Deno.test("each variable that the engine reads reaches it", async () => {
  const source = await Deno.readTextFile(new URL("../../../core/engine/main.ts", import.meta.url));
  const read = [...source.matchAll(/env\.get\("(\w+)"\)/g)].map(([, name]) => name!);
  assert.ok(read.length > 2);
  // main.ts hands it in, as bytes.
  const handed = ["SERVING_MEMORY", "SERVING_PRECISION"];
  assert.deepEqual(
    read.filter((name) => !(name in engineEnvironment({ [name]: "x" })) && !handed.includes(name)),
    [],
  );
});
