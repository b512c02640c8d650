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
