import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { newWebhookSecret, signatureHeaders } from "../../../core/outbound/signature.ts";

Deno.test("signatureHeaders() gives the vector that Standard Webhooks publishes", () => {
  const headers = signatureHeaders(
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    new Date(1614265330 * 1000),
    '{"test": 2432232314}',
  );
  assert.deepEqual(headers, {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

Deno.test("newWebhookSecret() makes secrets that verify and differ", () => {
  const secret = newWebhookSecret();
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.notEqual(secret, newWebhookSecret());
  const headers = signatureHeaders([secret], "evt_1", new Date(), '{"a":"ü"}');
  assert.deepEqual(new Webhook(secret).verify('{"a":"ü"}', headers), { a: "ü" });
  assert.throws(() => new Webhook(secret).verify('{"a":"u"}', headers));
});

Deno.test("signatureHeaders() of several secrets are those of each, verified by the standard's own library", () => {
  const [current, earlier, other] = [newWebhookSecret(), newWebhookSecret(), newWebhookSecret()];
  const headers = signatureHeaders([current, earlier], "evt_1", new Date(), "{}");
  assert.match(headers["webhook-signature"]!, /^v1,\S+ v1,\S+$/);
  for (const secret of [current, earlier]) assert.deepEqual(new Webhook(secret).verify("{}", headers), {});
  assert.throws(() => new Webhook(other).verify("{}", headers));
});
