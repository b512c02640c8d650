/** The thread of `folder_reader.ts`: does what it is asked for, one question at a time. */
import { type ErrorRecord, errorRecord, UserError } from "../errors.ts";
import { describeModel, type ModelSummary } from "./describe_model.ts";
import { type FolderConfig, readConfig } from "./read_config.ts";

/** What can be asked of a folder, and what the answer is. */
export interface FolderTask {
  model: ModelSummary;
  config: FolderConfig;
}

export interface Question {
  task: keyof FolderTask;
  folder: string;
}

export type Answer = { value: FolderTask[keyof FolderTask] } | { error: ErrorRecord };

const TASKS: { [T in keyof FolderTask]: (folder: string) => Promise<FolderTask[T]> } = {
  model: describeModel,
  config: readConfig,
};

/** The value of an answer, or its error thrown. */
export function answered(answer: Answer): FolderTask[keyof FolderTask] {
  if ("value" in answer) return answer.value;
  throw new UserError(answer.error.code, answer.error.detail, answer.error.errors);
}

interface Thread {
  onmessage: (event: MessageEvent<Question>) => void;
  postMessage(answer: Answer): void;
}

if ("WorkerGlobalScope" in globalThis) {
  const thread = globalThis as unknown as Thread;
  thread.onmessage = async ({ data: { task, folder } }) => {
    try {
      thread.postMessage({ value: await TASKS[task](folder) });
    } catch (thrown) {
      thread.postMessage({ error: errorRecord(thrown) });
    }
  };
}
