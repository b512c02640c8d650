/**
 * How many requests a key may send in a minute. A key that was still may send all of them at once; they come back evenly.
 * Answers say what is left, in the fields of draft-ietf-httpapi-ratelimit-headers-06, which most clients read.
 */
import type { MiddlewareHandler } from "hono";
import type { Env } from "./context.ts";
import { problem } from "./problem.ts";
import { type Bucket, filled } from "./token_bucket.ts";

export const RATE_LIMIT = 6000;
const WINDOW_S = 60;
/** Keys that are remembered; one that is forgotten has a full bucket. */
const MAX_KEYS = 10_000;

/** What a key has after a request. */
export interface Allowance {
  allowed: boolean;
  remaining: number;
  /** Seconds until nothing is missing any more. */
  reset_s: number;
  /** Seconds until the next request is answered; 0: now. */
  wait_s: number;
}

export class RateLimits {
  readonly #limit: number;
  readonly #now: () => number;
  /** The one that asked last is at the end. */
  readonly #buckets = new Map<string, Bucket>();

  /**
   * @param limit requests in a minute
   * @param now a clock in ms that never goes back
   */
  constructor(limit: number, now: () => number = () => performance.now()) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Counts a request of a key. */
  take(id: string): Allowance {
    const rate = { burst: this.#limit, per_s: this.#limit / WINDOW_S };
    const bucket = filled(this.#buckets.get(id), rate, this.#now());
    // Sums of fractions may miss a whole one by a little.
    const allowed = bucket.tokens >= 1 - 1e-9;
    if (allowed) bucket.tokens = Math.max(0, bucket.tokens - 1);
    this.#buckets.delete(id);
    this.#buckets.set(id, bucket);
    if (this.#buckets.size > MAX_KEYS) this.#buckets.delete(this.#buckets.keys().next().value!);
    return {
      allowed,
      remaining: Math.floor(bucket.tokens),
      reset_s: Math.ceil((this.#limit - bucket.tokens) / rate.per_s),
      wait_s: allowed ? 0 : Math.max(1, Math.ceil((1 - bucket.tokens) / rate.per_s)),
    };
  }
}

/** Must come after authentication. @param limit requests of a key in a minute; 0: any number */
export function rateLimit(limit = RATE_LIMIT, limits = new RateLimits(limit)): MiddlewareHandler<Env> {
  return async function rateLimit(c, next) {
    const caller = c.get("caller");
    if (limit === 0 || caller === null) return await next();
    const { allowed, remaining, reset_s, wait_s } = limits.take(caller.id);
    const headers = {
      "ratelimit-limit": String(limit),
      "ratelimit-remaining": String(remaining),
      "ratelimit-reset": String(reset_s),
      "ratelimit-policy": `${limit};w=${WINDOW_S}`,
    };
    if (!allowed) {
      const detail = `The API key may send ${limit} requests a minute: try again in ${wait_s} s`;
      return problem("too_many_requests", detail, [], { ...headers, "retry-after": String(wait_s) });
    }
    await next();
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
  };
}
