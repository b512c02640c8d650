/**
 * Reads of model folders that the API process wants, in a thread of their own: what an untrusted file makes a parser
 * do holds up no request, and one that does not end is ended. The thread is there while there is something to read.
 */
import { UserError } from "../errors.ts";
import {
  type Answer,
  answered,
  type FolderTask,
  type Question,
  type Ready,
} from "../formats/folder_answers.ts";

/** A believable folder takes milliseconds, one of the largest that is read a second or two, and more on a busy machine. */
const DEADLINE_MS = 90_000;
/** A thread starts in a fraction of a second; on a busy machine, with types to check first as in tests, it takes long. */
const START_MS = 300_000;

/** It parses what strangers have written: it reads, and whatever else this process may do, it may not. */
export const READER_PERMISSIONS: Deno.PermissionOptionsObject = {
  read: "inherit",
  env: "inherit",
  sys: "inherit",
  write: false,
  net: false,
  run: false,
  ffi: false,
  import: false,
};

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
  for (let one = waiting.shift(); one; one = waiting.shift()) {
    try {
      thread ??= await start();
      const answer = await ask(thread, one.question);
      if (answer === null) {
        thread.terminate();
        thread = null;
        const seconds = DEADLINE_MS / 1000;
        throw new UserError("damaged_model", `The folder's files could not be read within ${seconds} s`);
      }
      one.answer.resolve(answered(answer));
    } catch (thrown) {
      // One that has failed by itself answers nothing more.
      if (!(thrown instanceof UserError)) {
        thread?.terminate();
        thread = null;
      }
      one.answer.reject(thrown);
    }
  }
  thread?.terminate();
  reading = false;
}

/** A thread that is ready: the time it takes to start is no folder's fault. */
async function start(): Promise<Worker> {
  const thread = new Worker(new URL("../describe/folder_tasks.ts", import.meta.url), {
    type: "module",
    deno: { permissions: READER_PERMISSIONS },
  });
  const ready = await next<Ready>(thread, START_MS).catch((error) => {
    thread.terminate();
    throw error;
  });
  if (ready !== null) return thread;
  thread.terminate();
  throw new Error(`The thread that reads model folders did not start within ${START_MS / 1000} s`);
}

/** Null when there is no answer in time. */
function ask(thread: Worker, question: Question): Promise<Answer | null> {
  const answer = next<Answer>(thread, DEADLINE_MS);
  thread.postMessage(question);
  return answer;
}

/** What a thread says next; null when it says nothing for `ms`. */
function next<Message>(thread: Worker, ms: number): Promise<Message | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Message | null>();
  const timer = setTimeout(() => resolve(null), ms);
  thread.onmessage = ({ data }) => resolve(data);
  thread.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  return promise.finally(() => clearTimeout(timer));
}
