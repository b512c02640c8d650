/** Endpoints and deliveries as the API shows them; nothing else decides what of a row leaves the server. */
import type { DeliveryView, WebhookView } from "../contract/webhook_answers.ts";
import type { DeliveryRow, EndpointRow } from "../db/schema.ts";
import { deliveryId } from "./delivery_log.ts";

const time = (date: Date | null) => date?.toISOString() ?? null;

/** An endpoint, without its secrets. */
export function endpointView(row: EndpointRow, now = Date.now()): WebhookView {
  const expiries = row.previous_secrets.map(({ expires_at }) => expires_at).filter((at) => at > now);
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    event_types: row.event_types,
    status: row.disabled_at === null ? "enabled" : "disabled",
    disabled: row.disabled_at && {
      code: row.disabled_code ?? "by_request",
      reason: row.disabled_reason ?? "",
      at: row.disabled_at.toISOString(),
    },
    failing_since: time(row.failing_since),
    previous_secrets_expire_at: expiries.length === 0 ? null : new Date(Math.max(...expiries)).toISOString(),
    created_at: row.created_at.toISOString(),
  };
}

/** A delivery, without its body. */
export function deliveryView(row: DeliveryRow): DeliveryView {
  return {
    id: deliveryId(row.id),
    event_id: row.event_id,
    type: row.type,
    job_id: row.about_job_id,
    destination: row.destination,
    status: row.status,
    attempts: row.attempts,
    next_attempt_at: row.status === "pending" ? row.next_attempt_at.toISOString() : null,
    last_attempt_at: time(row.last_attempt_at),
    response_status: row.last_status,
    response_excerpt: row.last_response,
    latency_ms: row.last_latency_ms,
    error: row.last_error,
    redelivery_of: row.redelivery_of === null ? null : deliveryId(row.redelivery_of),
    created_at: row.created_at.toISOString(),
    finished_at: time(row.finished_at),
  };
}
