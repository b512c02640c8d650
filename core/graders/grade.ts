/** Grades one row, and says everything about it that OpenAI's `alpha.graders.run` does. */
import {
  type Graded,
  GRADER_FAULTS,
  type GraderErrors,
  type TokenUsage,
} from "../contract/graders/graded.ts";
import type { Grader } from "../contract/graders/grader_schema.ts";
import type { GradedRow } from "./graded_row.ts";
import { type AskGrader, gradeRows } from "./grade_rows.ts";
import type { GradeFault } from "./row_grade.ts";

/** @throws the signal's reason once it is aborted; a row that cannot be graded has the reward 0 and flags */
export async function grade(
  grader: Grader,
  row: GradedRow,
  options: { ask: AskGrader; signal?: AbortSignal },
): Promise<Graded> {
  const begin = performance.now();
  const { rewards: [whole], columns } = await gradeRows(grader, [row], options);
  const parts = [...columns].map(([name, { grader, grades }]) => ({ name, grader, ...grades[0]! }));
  const sub_rewards = grader.type === "multi"
    ? Object.fromEntries(parts.map(({ name, score }) => [name, score]))
    : {};
  const used: Record<string, TokenUsage> = {};
  for (const { grader, usage } of parts) {
    if (usage && grader.type === "score_model") used[grader.model] = added(used[grader.model], usage);
  }
  const judges = Object.keys(used);
  const faults = [whole!.fault, ...parts.map(({ fault }) => fault)].filter((fault) => fault !== null);
  return {
    reward: whole!.score,
    sub_rewards,
    model_grader_token_usage_per_model: used,
    metadata: {
      name: grader.name ?? grader.type,
      type: grader.type,
      scores: sub_rewards,
      execution_time: (performance.now() - begin) / 1000,
      token_usage: judges.length === 0
        ? null
        : judges.reduce((sum, name) => sum + used[name]!.total_tokens, 0),
      sampled_model_name: judges[0] ?? null,
      errors: errorsOf(faults),
    },
  };
}

function added(a: TokenUsage | undefined, b: TokenUsage): TokenUsage {
  if (!a) return b;
  return {
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
  };
}

/** Flags of all that went wrong, with what is said of the first fault of a kind. */
function errorsOf(faults: readonly GradeFault[]): GraderErrors {
  const first = (kind: GradeFault["kind"]) => faults.find((fault) => fault.kind === kind);
  const flags = Object.fromEntries(
    GRADER_FAULTS.map((kind) => [kind, first(kind) !== undefined]),
  ) as Record<GradeFault["kind"], boolean>;
  return {
    ...flags,
    python_grader_server_error_type: first("python_grader_server_error")?.type ?? null,
    python_grader_runtime_error_details: first("python_grader_runtime_error")?.message ?? null,
    model_grader_server_error_details: first("model_grader_server_error")?.message ?? null,
  };
}
