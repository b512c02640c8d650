/**
 * The thread of `folder_reader.ts`: does what it is asked for, one question at a time. It alone of the API process knows
 * graphs and tokenizers' files, to say of a model what its use would; nobody imports it.
 */
import { errorRecord } from "../errors.ts";
import { describeModel } from "./describe_model.ts";
import type { Answer, FolderTask, Question, Ready } from "../formats/folder_answers.ts";
import { readConfig } from "../formats/read_config.ts";

const TASKS: { [T in keyof FolderTask]: (folder: string) => Promise<FolderTask[T]> } = {
  model: describeModel,
  config: readConfig,
};

interface Thread {
  onmessage: (event: MessageEvent<Question>) => void;
  postMessage(message: Answer | Ready): void;
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
  thread.postMessage({ ready: true });
}
