import assert from "node:assert/strict";
import { WrongKeys } from "../../routes/wrong_keys.ts";
import { type Served, served } from "./served.ts";

/** Wrong keys with a clock that is turned by hand. */
function withClock() {
  const clock = { ms: 0 };
  return { clock, wrong: new WrongKeys(() => clock.ms) };
}

/** Sends keys from `address` as long as they are looked at, at most `max`; how many were. */
function tried(wrong: WrongKeys, address: string, max: number): number {
  let count = 0;
  for (; count < max && wrong.wait(address) === 0; count++) wrong.add(address);
  return count;
}

Deno.test("WrongKeys looks at 20 of an address at once and then at one a second", () => {
  const { clock, wrong } = withClock();
  assert.equal(tried(wrong, "10.0.0.1", 1000), 20);
  assert.equal(wrong.wait("10.0.0.1"), 1);
  clock.ms += 999;
  assert.equal(tried(wrong, "10.0.0.1", 1000), 0);
  clock.ms += 1;
  assert.equal(tried(wrong, "10.0.0.1", 1000), 1);
  clock.ms += 60_000;
  assert.equal(tried(wrong, "10.0.0.1", 1000), 20);
});

Deno.test("WrongKeys slows nobody for what another address sends", () => {
  const { wrong } = withClock();
  tried(wrong, "10.0.0.1", 1000);
  assert.equal(wrong.wait("10.0.0.2"), 0);
  // From so many addresses that all of them together are too many.
  for (let i = 0; i < 1000; i++) tried(wrong, `10.1.${i >> 8}.${i & 255}`, 1);
  assert.equal(wrong.wait("10.0.0.2"), 0);
  assert.ok(wrong.wait("10.1.0.0") > 0);
});

Deno.test("WrongKeys takes an IPv6 network for one address, and a mapped IPv4 address for what it is", () => {
  const { wrong } = withClock();
  assert.equal(tried(wrong, "2001:db8:0:1::1", 1000), 20);
  for (const same of ["2001:db8:0:1:ffff::2", "2001:0db8::1:0:0:0:3"]) assert.ok(wrong.wait(same) > 0, same);
  for (const other of ["2001:db8:0:2::1", "2001:db8::1", "::1"]) assert.equal(wrong.wait(other), 0, other);
  assert.equal(tried(wrong, "::ffff:10.0.0.1", 1000), 20);
  assert.ok(wrong.wait("10.0.0.1") > 0);
  assert.equal(wrong.wait("::ffff:10.0.0.2"), 0);
});

Deno.test("WrongKeys remembers a bounded number of addresses", () => {
  const { wrong } = withClock();
  for (let i = 0; i < 50_000; i++) wrong.add(`10.${i >> 16}.${i >> 8 & 255}.${i & 255}`);
  assert.equal(wrong.size, 10_000);
});

Deno.test("Wrong API keys are slowed with 429, those of other addresses and right ones are not", async () => {
  const apiKeys = ["sixteen-letters-x", "sixteen-letters-y"];
  const ask = async ({ app }: Served, address: string, key?: string) => {
    const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const response = await app.request("/v1/models", { headers }, { address });
    return {
      status: response.status,
      retry: response.headers.get("retry-after"),
      text: await response.text(),
    };
  };
  await served(async (it) => {
    // Right keys, and none, are not counted.
    for (let i = 0; i < 30; i++) {
      assert.equal((await ask(it, "10.0.0.1", apiKeys[i % 2])).status, 200);
      assert.equal((await ask(it, "10.0.0.1")).status, 401);
    }
    const statuses = [];
    for (let i = 0; i < 60; i++) statuses.push((await ask(it, "10.0.0.1", `wrong-${i}`)).status);
    assert.deepEqual(statuses.slice(0, 20), new Array(20).fill(401));
    assert.equal(statuses.at(-1), 429);
    const { status, retry, text } = await ask(it, "10.0.0.1", apiKeys[0]);
    assert.equal(status, 429, "else the limit would be none");
    assert.match(retry!, /^[1-9]\d*$/);
    assert.equal(JSON.parse(text).code, "too_many_requests");
    assert.equal((await ask(it, "10.0.0.2", apiKeys[0])).status, 200);
    assert.equal((await ask(it, "10.0.0.2", "wrong")).status, 401);
  }, { apiKeys, wrongKeys: withClock().wrong });
});
