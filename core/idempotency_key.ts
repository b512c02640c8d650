/** A client's Idempotency-Key: the same key and request are answered as they were before. */
import { createHash } from "node:crypto";
import { UserError } from "./errors.ts";

/** How long an answer is kept. */
export const IDEMPOTENCY_HOURS = 24;

/** What makes two requests the same. */
export interface IdempotencyKey {
  key: string;
  request_hash: string;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** A key belongs to the caller that sent it; a request is what it means, defaults filled in. */
export function idempotencyKey(keyId: string, key: string, request: object): IdempotencyKey {
  return { key: sha256(JSON.stringify([keyId, key])), request_hash: sha256(JSON.stringify(request)) };
}

/** Since when answers are kept. */
export function oldestAnswer(now = Date.now()): Date {
  return new Date(now - IDEMPOTENCY_HOURS * 3_600_000);
}

/** @throws UserError `idempotency_conflict` when what was kept is another request's. */
export function requireSameRequest({ request_hash }: IdempotencyKey, kept: string | null): void {
  if (request_hash === kept) return;
  throw new UserError(
    "idempotency_conflict",
    "The Idempotency-Key was used with another request: use a new key for a new request",
  );
}
