import assert from "node:assert/strict";
import { retryAfterMs } from "../../../core/outbound/retry_after.ts";
import {
  MAX_RETRY_AFTER_MS,
  pauseBeforeRetry,
  restOfPause,
  RETRY_DELAYS_MS,
} from "../../../core/webhooks/retry_policy.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2030, 0, 1);
const fresh = { created_at: new Date(NOW), isBehindFailed: false, retry_after_ms: null };

Deno.test("pauseBeforeRetry() spreads the tries over a day, each pause up to a quarter longer than the table's", () => {
  const pauses: number[] = [];
  for (let attempts = 1;; attempts++) {
    const pause_ms = pauseBeforeRetry({ ...fresh, attempts }, RETRY_DELAYS_MS, NOW);
    if (pause_ms === null) break;
    const delay_ms = RETRY_DELAYS_MS[attempts - 1]!;
    assert.ok(pause_ms >= delay_ms && pause_ms <= 1.25 * delay_ms, `${attempts}: ${pause_ms}`);
    pauses.push(pause_ms);
  }
  assert.equal(pauses.length, RETRY_DELAYS_MS.length);
  const hours = pauses.reduce((sum, ms) => sum + ms, 0) / 3_600_000;
  assert.ok(hours > 23 && hours < 30, `${hours}`);
});

Deno.test("pauseBeforeRetry() costs nothing of a clock that is set a week ahead, unless another has failed before", () => {
  const late = { ...fresh, attempts: 1 };
  assert.notEqual(pauseBeforeRetry(late, RETRY_DELAYS_MS, NOW + 7 * DAY_MS), null);
  assert.notEqual(pauseBeforeRetry({ ...late, isBehindFailed: true }, RETRY_DELAYS_MS, NOW), null);
  assert.equal(pauseBeforeRetry({ ...late, isBehindFailed: true }, RETRY_DELAYS_MS, NOW + DAY_MS), null);
});

Deno.test("pauseBeforeRetry() obeys Retry-After, up to eight hours, and never makes a pause shorter by it", () => {
  const asked = (retry_after_ms: number) =>
    pauseBeforeRetry({ ...fresh, attempts: 1, retry_after_ms }, RETRY_DELAYS_MS, NOW)!;
  assert.equal(asked(90_000), 90_000);
  assert.equal(asked(DAY_MS), MAX_RETRY_AFTER_MS);
  assert.ok(asked(0) >= 1000);
});

Deno.test("retryAfterMs() reads seconds and dates, and nothing else", () => {
  assert.equal(retryAfterMs("120", NOW), 120_000);
  assert.equal(retryAfterMs(new Date(NOW + 5000).toUTCString(), NOW), 5000);
  assert.equal(retryAfterMs(new Date(NOW - 5000).toUTCString(), NOW), 0);
  for (const none of [undefined, "soon", "-1", "1e9", ""]) assert.equal(retryAfterMs(none, NOW), null, none);
});

Deno.test("restOfPause() goes on with a pause, and ends one that no earlier process can have begun", () => {
  const rest = (attempts: number, rest_ms: number, last_status: number | null = 500) =>
    restOfPause({ attempts, next_attempt_at: NOW + rest_ms, last_status }, RETRY_DELAYS_MS, NOW);
  assert.equal(rest(3, 20_000), 20_000);
  assert.equal(rest(3, -1), 0);
  // The clock was set back by an hour.
  assert.equal(rest(3, 3_600_000), 0);
  assert.equal(rest(0, 10), 0);
  assert.equal(rest(1, 3_600_000, 503), 3_600_000);
  assert.equal(rest(1, DAY_MS, 503), 0);
});
