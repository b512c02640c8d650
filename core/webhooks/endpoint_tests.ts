/** Tests of endpoints: an event that tells of nothing, sent once and at once, whatever waits. */
import { fineTuningBody, type FineTuningEventType } from "../contract/fine_tuning_events.ts";
import { newId } from "../db/new_id.ts";
import type { Database } from "../db/open_database.ts";
import { type DeliveryRow, type EndpointRow, webhookDeliveries } from "../db/schema.ts";
import { UserError } from "../errors.ts";
import { attempt, type AttemptOptions } from "./attempt.ts";
import { noteEndpoint } from "./outbox.ts";
import { lastOf } from "./outcome.ts";
import { secretsAt } from "./target.ts";
import { TEST_TYPE, testBody } from "./test_event.ts";

/** In progress, in all; an endpoint has one. */
const MAX_TESTS = 16;

/** A test tells of no job. */
const NO_JOB = "job_00000000000000000000000000";

export class EndpointTests {
  readonly #options: AttemptOptions & { db: Database };
  readonly #running = new Set<string>();

  constructor(options: AttemptOptions & { db: Database }) {
    this.#options = options;
  }

  /**
   * Sends a test; gives its row of the log.
   *
   * @param openaiType of an event that is told as OpenAI does; left out: a test event of ours
   *
   * @throws UserError `too_many_requests` while another test of the endpoint, or too many others, are on their way.
   */
  async send(endpoint: EndpointRow, openaiType?: FineTuningEventType): Promise<DeliveryRow> {
    const { id } = endpoint;
    if (this.#running.has(id) || this.#running.size >= MAX_TESTS) {
      throw new UserError("too_many_requests", "Another test is on its way: try again when it has ended");
    }
    this.#running.add(id);
    try {
      return await this.#send(endpoint, openaiType);
    } finally {
      this.#running.delete(id);
    }
  }

  async #send(endpoint: EndpointRow, openaiType?: FineTuningEventType): Promise<DeliveryRow> {
    const { id, url, description } = endpoint;
    const at = new Date();
    const event_id = newId("event");
    const body = openaiType === undefined
      ? testBody({ id, url, description }, at)
      : fineTuningBody(event_id, NO_JOB, openaiType, at);
    const sent = { event_id, body };
    const outcome = await attempt(sent, { url, secrets: secretsAt(endpoint) }, this.#options);
    if (!outcome) throw new UserError("runtime_unavailable", "The server is stopping: try again");
    const accepted = outcome.error === null;
    const [row] = await this.#options.db.write(async (tx) => {
      if (accepted) await noteEndpoint(tx, id, { accepted, at });
      return await tx.insert(webhookDeliveries).values({
        ...{ ...sent, type: TEST_TYPE, destination: id, attempts: 1 },
        ...{ status: accepted ? "delivered" : "failed", created_at: at, next_attempt_at: at },
        ...lastOf(outcome, at),
        finished_at: new Date(),
      }).returning();
    });
    return row!;
  }
}
