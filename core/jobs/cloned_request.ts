/**
 * A job's request once more, with some fields of another value: its configuration as it is stored, its rows, and the
 * overrides merged in as a JSON merge patch (RFC 7396). What comes out is checked as any request is.
 */
import type { RolloutsConfig } from "../contract/rollouts.ts";
import {
  mapReward,
  type RewardSecrets,
  withRolloutSecrets,
  withSecrets,
} from "../contract/reward_secrets.ts";
import type { RewardConfig } from "../contract/reward_schema.ts";
import { PPO_ALIASES } from "../contract/ppo_aliases.ts";
import { ROWS_FIELDS } from "../contract/job_rows.ts";
import type { Database } from "../db/open_database.ts";
import { invalid, UserError } from "../errors.ts";
import { getJob } from "./job_queries.ts";
import { allRows } from "./job_rows.ts";

type Fields = Record<string, unknown>;

/** Fields of which a request has one: who gives one does without what the job has of the others. */
const INSTEAD: readonly (readonly string[])[] = [["checkpoint", "adapter"]];

/**
 * What `overrides` make of the request for the job `from`.
 *
 * Objects are merged key by key; null takes a field away, so that its default holds; lists and all else take the place of
 * what was there, and so does an object of another `type`. Rows and a dataset, a checkpoint and an adapter take each other's
 * place. A webhook is not copied. Secrets of a reward are while the overrides leave the reward alone: they were meant for
 * where it leads; those of a rollout server likewise.
 *
 * @throws UserError naming the field: no such job, another kind than the job's; `damaged_data`
 */
export async function clonedRequest(db: Database, from: unknown, overrides: Fields): Promise<Fields> {
  if (typeof from !== "string") throw invalid("from", "Expected the id of a training job");
  if (Object.hasOwn(overrides, "overrides")) {
    throw invalid("overrides", "Expected the fields themselves, beside from");
  }
  const job = await getJob(db, from).catch((error) => {
    const isUnknown = error instanceof UserError && error.code === "not_found";
    throw isUnknown ? invalid("from", error.message) : error;
  });
  const { kind = job.kind } = overrides;
  if (kind !== job.kind) {
    throw invalid("kind", `Expected ${job.kind}, as the job that is cloned: leave it out`);
  }
  const rowsField = ROWS_FIELDS[job.kind];
  const base: Fields = { ...job.config, metadata: job.metadata };
  if (!job.config.dataset) base[rowsField] = await allRows(db, job);
  if (base.reward && !Object.hasOwn(overrides, "reward")) {
    base.reward = unmasked(base.reward as RewardConfig, job.reward_secrets);
  }
  if (base.rollouts && !Object.hasOwn(overrides, "rollouts")) {
    base.rollouts = withRolloutSecrets(base.rollouts as RolloutsConfig, job.reward_secrets);
  }
  const given = (name: string) => overrides[name] !== undefined && overrides[name] !== null;
  if (given(rowsField)) { for (const name of ["dataset", "columns"]) delete base[name]; }
  if (given("dataset")) { for (const name of [rowsField, "columns"]) delete base[name]; }
  for (const names of INSTEAD) {
    if (names.some(given)) { for (const name of names) delete base[name]; }
  }
  const { ppo } = overrides;
  const patch = isFields(ppo) ? { ...overrides, ppo: byOwnNames(ppo) } : overrides;
  return merged(base, patch) as Fields;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Fields by the names that they are stored by: under another library's they would stand beside what they replace. */
function byOwnNames(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const own = Object.hasOwn(PPO_ALIASES, name) ? PPO_ALIASES[name]! : name;
      // Both names: the request is checked with both, and says so.
      return [own !== name && Object.hasOwn(fields, own) ? name : own, value];
    }),
  );
}

function unmasked(reward: RewardConfig, secrets: RewardSecrets | null): RewardConfig {
  return mapReward(reward, (part, at) => part.type === "http" ? withSecrets(part, at, secrets) : part);
}

function merged(base: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const isSame = isFields(base) && (patch.type === undefined || patch.type === base.type);
  const result: Fields = isSame ? { ...base } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}
