/**
 * Routes as OpenAI's clients call them, unmodified: they translate, and what they ask for is done where our own routes
 * have it done. This file is the table of what is mounted and of what is not here.
 */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { CheckpointExports } from "../../core/jobs/checkpoint_exports.ts";
import type { AppContext, Env } from "../context.ts";
import { chatCompletions } from "./chat_completions.ts";
import { completions } from "./completions.ts";
import { graders } from "./graders.ts";
import { MODEL_STATUSES, type Statuses } from "./errors.ts";
import { files } from "./files.ts";
import { fineTuningJobs } from "./fine_tuning_jobs.ts";
import { webhookEndpoints } from "./webhook_endpoints.ts";

type Resource = (context: AppContext, exports: CheckpointExports) => OpenAPIHono<Env>;

/** One file a resource. */
export const OPENAI_RESOURCES: readonly Resource[] = [
  files,
  fineTuningJobs,
  webhookEndpoints,
  completions,
  chatCompletions,
  graders,
];

/** Where errors have OpenAI's shape, with what below it; and the statuses that differ there. */
export const OPENAI_PATHS: Record<string, Statuses> = {
  "/v1/completions": MODEL_STATUSES,
  "/v1/chat": MODEL_STATUSES,
  "/v1/files": {},
  "/v1/fine_tuning": {},
  "/v1/webhook_endpoints": {},
  "/v1/webhook_event_types": {},
};

/** What OpenAI has and this server has not, by the beginning of its paths. */
const ABSENT: Record<string, string> = {
  "/v1/evals": "Evals are not supported: POST /v1/evaluations evaluates a model or a checkpoint",
  "/v1/fine_tuning/checkpoints": "Permissions of checkpoints are not supported: there are no organizations",
  "/v1/embeddings": "Embeddings are not supported",
  "/v1/responses": "Responses are not supported: use /v1/chat/completions",
  "/v1/conversations": "Conversations are not supported: send the messages to /v1/chat/completions",
  "/v1/chat/completions": "Chat completions are not stored",
  "/v1/assistants": "Assistants are not supported: use /v1/chat/completions",
  "/v1/threads": "Threads are not supported: use /v1/chat/completions",
  "/v1/chatkit": "ChatKit is not supported",
  "/v1/edits": "Edits are not supported: use /v1/chat/completions",
  "/v1/images": "Images are not supported",
  "/v1/audio": "Audio is not supported",
  "/v1/videos": "Videos are not supported",
  "/v1/realtime": "Realtime sessions are not supported: use /v1/chat/completions with stream",
  "/v1/moderations": "Moderations are not supported: POST /v1/scores scores texts with a classifier",
  "/v1/batches": "Batches are not supported: send the requests one by one",
  "/v1/uploads": "Uploads in parts are not supported: POST /v1/files takes whole files",
  "/v1/vector_stores": "Vector stores are not supported",
  "/v1/containers": "Containers are not supported",
  "/v1/skills": "Skills are not supported",
  "/v1/organization": "Organizations are not supported",
  "/v1/projects": "Projects are not supported",
};

const isBelow = (path: string, beginning: string) => path === beginning || path.startsWith(`${beginning}/`);

/** What is said of a path that OpenAI has and this server has not; undefined for all others. */
export function absentFromOpenai(path: string): string | undefined {
  return Object.entries(ABSENT).find(([beginning]) => isBelow(path, beginning))?.[1];
}

/** Whether errors of a path have OpenAI's shape. */
export function hasOpenaiErrors(path: string): boolean {
  return openaiPaths().some(([beginning]) => isBelow(path, beginning));
}

/** Every path whose errors have OpenAI's shape, with the statuses that differ there. */
export function openaiPaths(): [path: string, statuses: Statuses][] {
  const absent = Object.keys(ABSENT).filter((path) =>
    !Object.keys(OPENAI_PATHS).some((known) => isBelow(path, known))
  );
  return [...Object.entries(OPENAI_PATHS), ...absent.map((path): [string, Statuses] => [path, {}])];
}
