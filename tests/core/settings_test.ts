import assert from "node:assert/strict";
import { readSettings } from "../../core/settings.ts";

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
  assert.deepEqual([SERVING_MEMORY, REQUEST_TIMEOUT_S], ["25%", 600]);
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
