import assert from "node:assert/strict";
import { Quarantine } from "../../../core/processes/quarantine.ts";
import { UserError } from "../../../core/errors.ts";

Deno.test("who makes a folder hang again and again waits longer each time, and nobody else does", () => {
  let now = 0;
  const quarantine = new Quarantine(() => now);
  const error = new UserError("damaged_model", "It hung", [{ path: "model", message: "It hung" }]);
  const open = (client: string, key = "folder") => {
    try {
      quarantine.check(client, key);
      return true;
    } catch (thrown) {
      assert.match((thrown as UserError).message, /It hung; it is not tried again for \d+ s/);
      return false;
    }
  };
  quarantine.add("a", "folder", error);
  assert.ok(open("a"), "once may be the text");
  quarantine.add("a", "folder", error);
  assert.ok(!open("a"));
  assert.ok(open("b") && open("a", "other"));
  now += 61_000;
  assert.ok(open("a"));
  quarantine.add("a", "folder", error);
  now += 61_000;
  assert.ok(!open("a"));
  for (let i = 0; i < 20; i++) quarantine.add("a", "folder", error);
  now += 601_000;
  assert.ok(open("a"), "no pause is longer than ten minutes");
  quarantine.add("a", "folder", error);
  assert.ok(open("a"), "what is long ago does not count");
});
