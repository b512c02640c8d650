import assert from "node:assert/strict";
import { errorRecord, saysMore, UserError } from "../../core/errors.ts";
import { withoutPaths } from "../../core/without_paths.ts";

Deno.test("withoutPaths() keeps the names of files and nothing of their places", () => {
  for (
    const [text, without] of [
      [
        "No such file or directory (os error 2), open '/home/jo/data/x.json'",
        "No such file or directory (os error 2), open 'x.json'",
      ],
      [
        "Is a directory (os error 21), readfile '/srv/my models/a b/'",
        "Is a directory (os error 21), readfile 'a b'",
      ],
      [
        "no libx.so beside the library '/opt/ort/lib/libonnxruntime.so.1'; install",
        "no libx.so beside the library 'libonnxruntime.so.1'; install",
      ],
      ["/usr/lib/x86_64/libcudnn.so.9: undefined symbol: f", "libcudnn.so.9: undefined symbol: f"],
      ["cuBLAS is missing: /a/b/c.so: wrong (CUDA)", "cuBLAS is missing: c.so: wrong (CUDA)"],
      [
        "Load model from /srv/x/model.onnx failed:/build/src/core/session.cc:12",
        "Load model from model.onnx failed:session.cc:12",
      ],
      ["at file:///srv/x/core/a.ts:12:3", "at a.ts:12:3"],
      ['(/tmp/a/b), [/tmp/a/c] "/tmp/a b/c" `/var/x/y`', '(b), [c] "c" `y`'],
      ["~/.cache/deno/x is full", "x is full"],
      ["open 'C:\\\\Users\\\\Jo Doe\\\\x.json'".replaceAll("\\\\", "\\"), "open 'x.json'"],
      ["at D:\\data\\x.db, line 3", "at x.db, line 3"],
    ] as const
  ) {
    assert.equal(withoutPaths(text), without);
  }
});

Deno.test("withoutPaths() leaves what is no place of the machine", () => {
  for (
    const text of [
      "Cannot download from https://huggingface.co/org/name/resolve/main: try again",
      "Cannot send to http://10.0.0.1:80: only public https addresses are open",
      "hub_id: Expected org/name, found 'org/name/more'",
      "adapter: Expected a folder such as 'qwen3/adapter', '../x' is none",
      "use POST /v1/training-jobs/job_1/cancel, see /docs/x",
      "Expected application/json, text/event-stream or */*",
      "prompts.0: 3 / 4 tokens, and/or 1/2 of them",
      "a/b/c and x:/y, 1:2",
      "pattern: '/' or '/x'",
      "",
    ]
  ) {
    assert.equal(withoutPaths(text), text);
  }
});

Deno.test("withoutPaths() takes no longer for a text made against it", () => {
  for (
    const text of [
      "/a".repeat(200_000),
      "'/" + "a/".repeat(200_000),
      "/".repeat(400_000),
      "C:\\".repeat(100_000),
    ]
  ) {
    assert.ok(withoutPaths(text).length <= text.length);
  }
});

Deno.test("errorRecord() names no place of the machine, and whoever logs it is told", () => {
  const open = new Error("open '/home/jo/x.json'");
  const detail = "Cannot use CUDA: no file at '/opt/ort/x.so'";
  const known = new UserError("device_unavailable", detail, [{ path: "device", message: detail }]);
  for (const thrown of [open, known, "open /home/jo/x.json", new Error("outer", { cause: known })]) {
    const record = errorRecord(thrown);
    assert.doesNotMatch(JSON.stringify(record), /home|opt/);
    assert.ok(saysMore(thrown, record));
  }
  const plain = new UserError("wrong_state", "It has ended");
  assert.equal(saysMore(plain, errorRecord(plain)), false);
});
