/**
 * Reads of model folders that the API process wants, in a thread of their own: what a stranger's file makes a parser
 * do holds up no request, and one that does not end is ended. The thread is there while there is something to read.
 */
import { UserError } from "../errors.ts";
import { type Answer, answered, type FolderTask, type Question } from "./folder_answers.ts";

/** A believable folder takes milliseconds, one of the largest that is read a second or two. */
const DEADLINE_MS = 30_000;

interface Waiting {
  question: Question;
  answer: PromiseWithResolvers<unknown>;
}

const waiting: Waiting[] = [];
let reading = false;

/**
 * What the task of this name says of `folder`.
 *
 * @throws {UserError} as the task does, or `damaged_model` when it does not end
 */
export function readInThread<T extends keyof FolderTask>(task: T, folder: string): Promise<FolderTask[T]> {
  const answer = Promise.withResolvers<unknown>();
  waiting.push({ question: { task, folder }, answer });
  if (!reading) drain();
  return answer.promise as Promise<FolderTask[T]>;
}

/** One after another: two would not be faster where the processor is what they wait for. */
async function drain(): Promise<void> {
  reading = true;
  let thread: Worker | null = null;
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    thread ??= new Worker(new URL("./folder_tasks.ts", import.meta.url), { type: "module" });
    try {
      const answer = await ask(thread, next.question);
      if (answer === null) {
        thread.terminate();
        thread = null;
        const seconds = DEADLINE_MS / 1000;
        throw new UserError("damaged_model", `The folder's files could not be read within ${seconds} s`);
      }
      next.answer.resolve(answered(answer));
    } catch (thrown) {
      // One that has failed by itself answers nothing more.
      if (!(thrown instanceof UserError)) {
        thread?.terminate();
        thread = null;
      }
      next.answer.reject(thrown);
    }
  }
  thread?.terminate();
  reading = false;
}

/** Null when there is no answer in time. */
function ask(thread: Worker, question: Question): Promise<Answer | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer | null>();
  const timer = setTimeout(() => resolve(null), DEADLINE_MS);
  thread.onmessage = ({ data }) => resolve(data);
  thread.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  thread.postMessage(question);
  return promise.finally(() => clearTimeout(timer));
}
