import assert from "node:assert/strict";
import { isPublicAddress, OutboundGuard } from "../../../core/outbound/outbound_guard.ts";

Deno.test("isPublicAddress() knows private, local and mapped addresses", () => {
  const closed = [
    ...["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.0.1", "169.254.169.254", "172.16.0.1"],
    ...["172.31.255.255", "192.168.1.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.7"],
    ...[
      "::",
      "::1",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "::ffff:10.0.0.1",
      "fe80::1",
      "fe80::1%eth0",
      "fc00::1",
    ],
    ...["fd12::1", "ff02::1", "64:ff9b::7f00:1", "2001:db8::1", "2002:7f00:1::", "::127.0.0.1"],
  ];
  const open = ["1.1.1.1", "172.32.0.1", "192.167.1.1", "223.255.255.1", "2606:4700::1111", "::ffff:1.1.1.1"];
  for (const address of closed) assert.equal(isPublicAddress(address), false, address);
  for (const address of open) assert.equal(isPublicAddress(address), true, address);
});

Deno.test("precheck() opens public https and closes everything else by default", () => {
  const guard = new OutboundGuard([]);
  for (const url of ["https://example.com/hook", "https://1.1.1.1:8443/x", "https://[2606:4700::1111]/"]) {
    guard.precheck(url);
  }
  const closed = [
    ...[
      "http://example.com/",
      "https://127.0.0.1/",
      "https://2130706433/",
      "https://0x7f.1/",
      "https://[::1]/",
    ],
    ...["https://[::ffff:127.0.0.1]/", "https://localhost/", "https://a.localhost/", "https://LOCALHOST./"],
    ...["http://169.254.169.254/latest", "https://user:pw@example.com/", "http://1.1.1.1/"],
  ];
  for (const url of closed) assert.throws(() => guard.precheck(url), { code: "invalid_request" }, url);
});

Deno.test("OutboundGuard opens the hosts, addresses and ranges it is given, over http too", async () => {
  const guard = new OutboundGuard(["Hooks.internal", "127.0.0.1", "10.1.0.0/16", "fd00::/8"]);
  guard.precheck("http://hooks.internal:9000/");
  guard.precheck("http://127.0.0.1:9000/");
  guard.precheck("http://localhost:9000/");
  guard.precheck("http://10.1.2.3/");
  guard.precheck("http://[fd12::1]/");
  guard.precheck("http://named-in-dns/"); // may resolve into a range
  assert.throws(() => guard.precheck("http://10.2.0.1/"));
  assert.throws(() => guard.precheck("http://127.0.0.2/"));
  assert.deepEqual(await guard.resolve(new URL("http://localhost:1/")), { address: "127.0.0.1", family: 4 });
  await assert.rejects(guard.resolve(new URL("http://127.0.0.2/")), { code: "invalid_request" });
});

Deno.test("resolve() refuses a name that points to a private address", async () => {
  await assert.rejects(new OutboundGuard([]).resolve(new URL("https://localhost/")), /OUTBOUND_ALLOW/);
});

Deno.test("OutboundGuard names an entry it cannot read", () => {
  for (const entry of ["10.0.0.0/33", "http://x", "1.2.3", "a/8", "", "1.2.3.4/8/8"]) {
    assert.throws(() => new OutboundGuard([entry]), /Expected OUTBOUND_ALLOW to list/, entry);
  }
});
