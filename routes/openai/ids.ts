/** Ids as OpenAI writes them, made of our own: only the prefix differs, so that either is found from the other. */
import { UserError } from "../../core/errors.ts";

const PREFIXES = {
  job: { own: "job_", openai: "ftjob-" },
  checkpoint: { own: "ckpt_", openai: "ftckpt_" },
  event: { own: "evt_", openai: "ftevent-" },
  file: { own: "file_", openai: "file-" },
  completion: { own: "cmpl_", openai: "cmpl-" },
  chat_completion: { own: "chatcmpl_", openai: "chatcmpl-" },
} as const;

export type OpenAIKind = keyof typeof PREFIXES;

/** `job_01…` → `ftjob-01…`. */
export function openaiId(kind: OpenAIKind, id: string): string {
  const { own, openai } = PREFIXES[kind];
  return openai + id.slice(own.length);
}

/** `ftjob-01…` → `job_01…`; anything else stays as it is, and is nobody's id. */
export function ownId(kind: OpenAIKind, id: string): string {
  const { own, openai } = PREFIXES[kind];
  return id.startsWith(openai) ? own + id.slice(openai.length) : id;
}

/** What is found by our id of what was asked for. A failure names that as it was asked for. */
export async function byOwnId<T>(
  kind: OpenAIKind,
  asked: string,
  find: (id: string) => Promise<T>,
): Promise<T> {
  const id = ownId(kind, asked);
  try {
    return await find(id);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.code, error.message.replaceAll(id, asked), error.errors, { cause: error });
  }
}
