/** Rollouts and tokens as tables: the columns of each, for formats that have columns. */
import type { AttributionView, RolloutView } from "../contract/records.ts";

/** What a column holds, in Parquet's words. */
export type ColumnType = "STRING" | "INT32" | "FLOAT" | "DOUBLE";

export interface TableColumn<Row> {
  name: string;
  type: ColumnType;
  of(row: Row): string | number | null;
}

type Types<View> = { readonly [Name in keyof View]: ColumnType };

const ROLLOUT: Types<Omit<RolloutView, "rewards">> = {
  rollout_id: "STRING",
  prompt_idx: "INT32",
  sample_idx: "INT32",
  step: "INT32",
  epoch: "INT32",
  prompt: "STRING",
  completion: "STRING",
  score: "DOUBLE",
  raw_score: "DOUBLE",
  kl: "DOUBLE",
  bootstrap_value: "DOUBLE",
  finish_reason: "STRING",
  prompt_tokens: "INT32",
  completion_tokens: "INT32",
};

/** As wide as they are kept: what is computed from two of them is not. */
const ATTRIBUTION: Types<Required<AttributionView>> = {
  state_text: "STRING",
  action_token: "STRING",
  action_token_id: "INT32",
  logprob: "FLOAT",
  ref_logprob: "FLOAT",
  kl_div: "DOUBLE",
  value: "FLOAT",
  reward: "FLOAT",
  advantage: "FLOAT",
  reward_to_go: "FLOAT",
  prompt_idx: "INT32",
  sample_idx: "INT32",
  step: "INT32",
  epoch: "INT32",
  position: "INT32",
  rollout_id: "STRING",
};

function columns<Row extends object>(types: Record<string, ColumnType>): TableColumn<Row>[] {
  return Object.entries(types).map(([name, type]) => ({
    name,
    type,
    of: (row) => (row as Record<string, string | number | null>)[name] ?? null,
  }));
}

/** The columns of rollouts: a column for each of the reward's terms, which all rollouts of a job have. */
export function rolloutTable(first: RolloutView | undefined): TableColumn<RolloutView>[] {
  const terms = Object.keys(first?.rewards ?? {}).map((term): TableColumn<RolloutView> => ({
    name: `rewards/${term}`,
    type: "DOUBLE",
    of: ({ rewards }) => rewards[term] ?? null,
  }));
  return [...columns<RolloutView>(ROLLOUT), ...terms];
}

/** The columns of tokens; `state_text` only where rows have it. */
export function attributionTable(state_text: boolean): TableColumn<AttributionView>[] {
  return columns<AttributionView>(ATTRIBUTION).filter(({ name }) => state_text || name !== "state_text");
}
