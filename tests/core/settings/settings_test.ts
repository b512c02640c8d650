import assert from "node:assert/strict";
import { mistakenNames, readSettings, VARIABLES } from "../../../core/settings/settings.ts";

Deno.test("readSettings() takes a hub and a token, and tells nobody the token", () => {
  assert.equal(readSettings({}).HF_ENDPOINT, "https://huggingface.co");
  assert.equal(readSettings({ HF_ENDPOINT: "" }).HF_TOKEN, undefined);
  const mirror = readSettings({ HF_ENDPOINT: "http://mirror.example:8080/hub//", HF_TOKEN: "hf_abc" });
  assert.deepEqual([mirror.HF_ENDPOINT, mirror.HF_TOKEN], ["http://mirror.example:8080/hub", "hf_abc"]);
  for (
    const HF_ENDPOINT of [
      "huggingface.co",
      "ftp://x",
      "https://user@x",
      "https://x?y",
      "https://",
      "https://x y",
    ]
  ) {
    assert.throws(() => readSettings({ HF_ENDPOINT }), {
      code: "invalid_request",
      message: /HF_ENDPOINT is/,
    });
  }
  assert.throws(() => readSettings({ HF_TOKEN: "secret-abc" }), (error: Error) => {
    assert.match(error.message, /HF_TOKEN/);
    assert.doesNotMatch(error.message, /secret-abc/);
    return true;
  });
});

Deno.test("readSettings() takes memory as a share or as bytes, and a time limit within a day", () => {
  const { SERVING_MEMORY, REQUEST_TIMEOUT_S } = readSettings({});
  assert.deepEqual([SERVING_MEMORY, REQUEST_TIMEOUT_S], ["10%", 600]);
  for (const memory of ["1%", "100%", "512M", "4G", "1000000000"]) {
    assert.equal(readSettings({ SERVING_MEMORY: memory }).SERVING_MEMORY, memory);
  }
  for (const memory of ["0", "0%", "101%", "4 G", "1.5G", "-1", "many"]) {
    assert.throws(() => readSettings({ SERVING_MEMORY: memory }), /SERVING_MEMORY is '.*': Expected a share/);
  }
  for (const seconds of ["0", "86401", "x"]) {
    assert.throws(() => readSettings({ REQUEST_TIMEOUT_S: seconds }), /REQUEST_TIMEOUT_S is/);
  }
});

Deno.test("readSettings() refuses each variable by name, with its value and what would be right", () => {
  for (
    const [name, value, expected] of [
      ...["abc", "70000", "-1", "8000x", "1e3", " ", "0x50", "99999999999"].map((value) =>
        ["PORT", value, /integer from 0 to 65535/] as const
      ),
      ...["0", "-1", "1e3", "1025", "two"].map((value) => ["THREADS", value, /from 1 to 1024/] as const),
      ...["0", "1001", "1000000"].map((value) => ["MAX_CONCURRENT_JOBS", value, /from 1 to 1000/] as const),
      ...["0", "86401", "1s"].map((value) => ["REQUEST_TIMEOUT_S", value, /from 1 to 86400/] as const),
      ...["loud", "INFO", "warning"].map((value) => ["LOG_LEVEL", value, /debug, info, warn/] as const),
      ...["gpu", "CUDA", "cuda:", "cuda:-1", "cuda:100"].map((value) => ["DEVICE", value, /cuda:N/] as const),
      ...["http://localhost", "localhost:8000", "127.0.0.1:80", "[::1]:80", "a b", "-x", ":::1"].map((
        value,
      ) => ["HOST", value, /without scheme and port/] as const),
      ...["huggingface.co", "ftp://x", "https://a b"].map((value) =>
        ["HF_ENDPOINT", value, /http or https URL/] as const
      ),
      ...["-1", "1e3", "1000001", "many"].map((value) => ["RATE_LIMIT", value, /from 0 to 1000000/] as const),
      ...["0", "5001"].map((value) => ["EVENT_STREAMS_PER_KEY", value, /from 1 to 5000/] as const),
      ["CORS_ORIGINS", "*", /by name/] as const,
      ...[
        "example.com",
        "https://a.example/",
        "https://a.example/x",
        "ftp://a",
        "null",
        "https://u@a.example",
      ].map(
        (value) => ["CORS_ORIGINS", value, /origins such as https/] as const,
      ),
      ...["0%", "101%", "4X", "-1"].map((value) =>
        ["SERVING_MEMORY", value, /share of the machine/] as const
      ),
    ]
  ) {
    assert.throws(() => readSettings({ [name]: value }), (error: Error) => {
      assert.ok(error.message.includes(`${name} is '${value}': Expected`), error.message);
      assert.match(error.message, expected);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  }
  assert.throws(() => readSettings({ PORT: "8\n0" }), (error: Error) => !error.message.includes("\n"));
  assert.deepEqual(readSettings({ CORS_ORIGINS: "https://A.example, http://localhost:3000" }).CORS_ORIGINS, [
    ...["https://a.example", "http://localhost:3000"],
  ]);
  assert.equal(readSettings({ HOST: "[::1]" }).HOST, "::1");
  assert.equal(readSettings({ HOST: "LocalHost" }).HOST, "localhost");
});

Deno.test("readSettings() takes keys that a header can hold, and shows none", () => {
  assert.deepEqual(readSettings({ API_KEYS: "" }).API_KEYS, []);
  assert.deepEqual(readSettings({ API_KEYS: " sk-a~1 , b/+=2," }).API_KEYS, ["sk-a~1", "b/+=2"]);
  for (
    const API_KEYS of [
      "secret one",
      "secret1,secr\u00e4t",
      "secret\u00a01",
      "secret\t2",
      "secret\u{1f511}",
      ",",
      " , ",
    ]
  ) {
    assert.throws(() => readSettings({ API_KEYS }), (error: Error) => {
      assert.match(error.message, /API_KEYS is '…': Expected keys/);
      assert.doesNotMatch(error.message, /secr/);
      return true;
    });
  }
});

Deno.test("mistakenNames() finds what was meant for a variable, and nothing else", () => {
  for (
    const [name, meant] of [
      ["MAX_CONCURENT_JOBS", "MAX_CONCURRENT_JOBS"],
      ["max_concurrent_jobs", "MAX_CONCURRENT_JOBS"],
      ["MAX_CONCURRENT_JOB", "MAX_CONCURRENT_JOBS"],
      ["MAXCONCURRENTJOBS", "MAX_CONCURRENT_JOBS"],
      ["MAX-CONCURRENT-JOBS", "MAX_CONCURRENT_JOBS"],
      ["MAX_CONCURRNET_JOBS", "MAX_CONCURRENT_JOBS"],
      ["API_KEY", "API_KEYS"],
      ["APIKEYS", "API_KEYS"],
      ["DATADIR", "DATA_DIR"],
      ["MODEL_DIR", "MODELS_DIR"],
      ["LOGLEVEL", "LOG_LEVEL"],
      ["Port", "PORT"],
      ["PROT", "PORT"],
      ["HSOT", "HOST"],
      ["THREAD", "THREADS"],
      ["DEVCIE", "DEVICE"],
      ["HF_TOKNE", "HF_TOKEN"],
      ["OUTBOUND_ALOW", "OUTBOUND_ALLOW"],
      ["ORT_LIBARY", "ORT_LIBRARY"],
    ] as const
  ) {
    const sentences = mistakenNames({ [name]: "a-secret" });
    assert.equal(sentences.length, 1, name);
    assert.ok(sentences[0]!.endsWith(`did you mean ${meant}?`), sentences[0]);
    assert.doesNotMatch(sentences[0]!, /a-secret/);
  }
  const others = [
    "PATH",
    "HOME",
    "HOSTNAME",
    "HOSTTYPE",
    "SHELL",
    "LANG",
    "TERM",
    "USER",
    "PWD",
    "DENO_DIR",
    "TMPDIR",
  ];
  const more = [
    "HF_HOME",
    "CUDA_VISIBLE_DEVICES",
    "AWS_REGION",
    "NODE_ENV",
    "DISPLAY",
    "EDITOR",
    "LOGNAME",
    "X",
    "",
  ];
  assert.deepEqual(mistakenNames(Object.fromEntries([...others, ...more].map((name) => [name, "x"]))), []);
  assert.deepEqual(mistakenNames(Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, "x"]))), []);
});
