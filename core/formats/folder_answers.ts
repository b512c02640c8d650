/** What can be asked of the thread that reads model folders, and how it answers. */
import { type ErrorRecord, UserError } from "../errors.ts";
import type { ModelSummary } from "../contract/model.ts";
import type { FolderConfig } from "./read_config.ts";

/** Each question, and what its answer is. */
export interface FolderTask {
  model: ModelSummary;
  config: FolderConfig;
}

export interface Question {
  task: keyof FolderTask;
  folder: string;
}

/** What a thread says first. */
export interface Ready {
  ready: true;
}

export type Answer = { value: FolderTask[keyof FolderTask] } | { error: ErrorRecord };

/** The value of an answer, or its error thrown. */
export function answered(answer: Answer): FolderTask[keyof FolderTask] {
  if ("value" in answer) return answer.value;
  throw new UserError(answer.error.code, answer.error.detail, answer.error.errors);
}
