/** A job for rows to belong to. */
import type { Database } from "../../../core/db/open_database.ts";
import { jobs } from "../../../core/db/schema.ts";

/** Adds a queued job of this id. */
export async function addJob(database: Database, id: string): Promise<void> {
  await database.write((tx) =>
    tx.insert(jobs).values({
      ...{ id, kind: "ppo", status: "queued", model: "m", metadata: {} },
      config: { kind: "ppo", model: "m", epochs: 1, ppo: {}, reward: {} } as never,
      plan: { steps: 1 } as never,
      progress: { epoch: 0, step: 0, steps: 1 } as never,
      created_at: new Date(),
    })
  );
}
