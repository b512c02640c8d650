/** What a job keeps of its rollouts. */
import type { StoredConfig } from "../contract/job_rows.ts";
import { type RecordsConfig, recordsSchema } from "../contract/records.ts";

/** A job of an earlier version says nothing of it; one of another kind has no rollouts. */
export function recordsOf(config: StoredConfig): RecordsConfig {
  if (config.kind !== "ppo") return recordsSchema.parse({ rollouts: "none" });
  return config.records ?? recordsSchema.parse({});
}
