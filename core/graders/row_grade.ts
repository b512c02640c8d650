/** What one grader says of one row: a score, or why there is none. */
import type { GraderFault, TokenUsage } from "../contract/graders/graded.ts";
import { InvalidVariable } from "../contract/graders/template.ts";
import type { GradedRow } from "./graded_row.ts";

/** Why a row has no score. */
export interface GradeFault {
  kind: GraderFault;
  message: string;
  /** Of a Python grader's process: what became of it. */
  type?: string;
}

export interface RowGrade {
  /** 0 where there is a fault. */
  score: number;
  fault: GradeFault | null;
  /** Tokens of the judge that was asked. */
  usage?: TokenUsage;
}

export function failed(kind: GraderFault, message: string, type?: string): RowGrade {
  return { score: 0, fault: { kind, message, ...(type !== undefined && { type }) } };
}

/** The score that `work` gives; what is wrong with the row's own texts is its fault. */
export function graded(row: GradedRow, work: () => number): RowGrade {
  try {
    const score = work();
    return Number.isFinite(score) ? { score, fault: null } : failed("other_error", `The score is ${score}`);
  } catch (thrown) {
    return faultOf(row, thrown);
  }
}

/** What a template's failure is of a row. @throws all else */
export function faultOf(row: GradedRow, thrown: unknown): RowGrade {
  if (thrown instanceof InvalidVariable) {
    const { namespace, keys } = thrown.reference;
    const isJson = namespace === "sample" && keys[0] === "output_json";
    return isJson && row.unparsed
      ? failed("sample_parse_error", "The completion is not JSON")
      : failed("invalid_variable_error", thrown.message);
  }
  // A text that is too long, or JSON that nests too deep to be written.
  if (thrown instanceof RangeError) return failed("other_error", thrown.message);
  throw thrown;
}
