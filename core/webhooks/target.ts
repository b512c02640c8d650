/** Where the deliveries of a destination go: a job's own webhook, or an endpoint. */
import { eq } from "drizzle-orm";
import type { Reader } from "../db/open_database.ts";
import { jobs, webhookEndpoints } from "../db/schema.ts";

export interface Target {
  kind: "job" | "endpoint";
  url: string;
  /** All that sign, the current one first. */
  secrets: string[];
  /** Sent nothing for now; what waits for it is kept. */
  isDisabled: boolean;
  /** Why it is sent nothing for good, or null. */
  given_up: string | null;
}

/** An endpoint's secrets that sign at a moment. */
export function secretsAt(
  { secret, previous_secrets }: Pick<typeof webhookEndpoints.$inferSelect, "secret" | "previous_secrets">,
  now = Date.now(),
): string[] {
  const valid = previous_secrets.filter(({ expires_at }) => expires_at > now);
  return [secret, ...valid.map((previous) => previous.secret)];
}

/** The target of a destination's id; null when there is none, or no more. */
export async function findTarget(read: Pick<Reader, "select">, destination: string): Promise<Target | null> {
  const { secret, previous_secrets, disabled_at, url } = webhookEndpoints;
  const [endpoint] = await read.select({ url, secret, previous_secrets, disabled_at }).from(webhookEndpoints)
    .where(eq(webhookEndpoints.id, destination));
  if (endpoint) {
    return {
      kind: "endpoint",
      url: endpoint.url,
      secrets: secretsAt(endpoint),
      isDisabled: endpoint.disabled_at !== null,
      given_up: null,
    };
  }
  const [job] = await read.select({
    url: jobs.webhook_url,
    secret: jobs.webhook_secret,
    given_up: jobs.webhook_given_up,
  }).from(jobs).where(eq(jobs.id, destination));
  if (!job || job.url === null) return null;
  return {
    ...{ kind: "job", url: job.url, secrets: [job.secret ?? ""] },
    ...{ isDisabled: false, given_up: job.given_up },
  };
}
