/** A token bucket: so much at once, and so much a second from then on. */
export interface Bucket {
  tokens: number;
  /** When `tokens` was right, in ms. */
  at: number;
}

/** How many at once, and how many a second from then on. */
export interface Rate {
  burst: number;
  per_s: number;
}

/** `bucket` with what has run in since; a full one when there is none. */
export function filled(bucket: Bucket | undefined, { burst, per_s }: Rate, now: number): Bucket {
  if (!bucket) return { tokens: burst, at: now };
  return { tokens: Math.min(burst, bucket.tokens + (now - bucket.at) / 1000 * per_s), at: now };
}
