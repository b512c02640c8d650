/** What another server says of when to come back. */

/** Whether an answer's Retry-After is obeyed (RFC 9110, 10.2.3, and RFC 6585, 4). */
export function asksToWait(status: number | null): boolean {
  return status === 429 || status === 503;
}

/** A Retry-After header: seconds, or a date. Null for what is neither. */
export function retryAfterMs(header: string | undefined, now = Date.now()): number | null {
  if (header === undefined) return null;
  if (/^\s*\d{1,12}\s*$/.test(header)) return Number(header) * 1000;
  // Date.parse takes much else for a date.
  const at = /^\s*[A-Z][a-z]+, /.test(header) ? Date.parse(header) : NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
