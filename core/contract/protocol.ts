/**
 * What the API process and an engine process say to each other: one JSON object per line, commands on the
 * engine's stdin, messages on its stdout. A remote worker speaks the same. The engine knows no database and no
 * URL of ours: folders in, events out. It stops when its stdin closes. Each side validates what it is sent.
 */
import { z } from "zod";
import { errorRecordSchema } from "../errors.ts";
import { checkpointFileSchema } from "./checkpoint.ts";
import { bareConfigSchema } from "./model.ts";
import { jobPlanSchema } from "./job_plan.ts";
import { trainingJobSchema } from "./training_job.ts";
import {
  generationCommandSchema,
  generationDeltaSchema,
  generationExtrasSchema,
  generationResultSchema,
} from "./generation.ts";
import { answerSchema, questionSchema } from "./engine_question.ts";
import { scoreModelSchema } from "./graders/grader_schema.ts";
import { scoreResultSchema, scoreSchema } from "./score.ts";
import { trainingEventSchema, trainingSummarySchema } from "./training_events.ts";

/**
 * `merged`: full weights and the files beside them, as transformers loads them. `onnx`: what goes into that folder's
 * `onnx/` for runtimes of ONNX models.
 */
export const EXPORT_FORMATS = ["merged", "onnx"] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A reward model: a classifier's folder, or a checkpoint's and that of the language model that it was trained on. */
const rewardFolder = z.union([z.string(), z.strictObject({ model: z.string(), checkpoint: z.string() })]);

/** Folders are resolved by the API process; the engine never searches. */
const foldersSchema = z.strictObject({
  model: z.string(),
  /** A checkpoint folder of ours (adapter and value head, or full weights). */
  checkpoint: z.string().optional(),
  /** A PEFT adapter folder. */
  adapter: z.string().optional(),
  /** The checkpoint folder that an evaluation compares with. */
  against: z.string().optional(),
  /** Where each model is that a `model` reward names, by that name. */
  rewards: z.record(z.string(), rewardFolder),
  /** Folder of each ready classifier that a `classifier` reward names, by that name. */
  classifiers: z.record(z.string(), z.string()).optional(),
  /** A folder of a dataset's rows, and one where what is found out of all of them is kept for other jobs. */
  dataset: z.string().optional(),
  surveys: z.string().optional(),
});

export type ModelFolders = z.output<typeof foldersSchema>;
export type JobFolders = ModelFolders;
export type RewardFolder = z.output<typeof rewardFolder>;

/** The folders of a reward model, by what they are. */
export function rewardFolders(folder: RewardFolder): { model: string; checkpoint?: string } {
  return typeof folder === "string" ? { model: folder } : folder;
}

/** The sender's, and on every message about the command. */
const id = z.string();

/** W3C traceparent that the command's spans are below, where somebody traces. */
const traceparent = z.string().max(100).optional();

const commandSchemas = [
  /** Tokenises and checks everything a job needs and answers a `JobPlan`; loads no weights. */
  z.strictObject({
    id,
    type: z.literal("check"),
    traceparent,
    job: trainingJobSchema,
    folders: foldersSchema,
  }),
  /**
   * Trains; answers with events, then a `TrainingSummary`. Checkpoints go below `folders.output`, records of rollouts into
   * `folders.records`, the same folder in each attempt of a job.
   */
  z.strictObject({
    id,
    type: z.literal("train"),
    traceparent,
    job: trainingJobSchema,
    folders: foldersSchema.extend({
      output: z.string(),
      records: z.string().optional(),
      /** Where the adapters go that a rollout server is to load, each in a folder of its name; named after the job. */
      adapters: z.string().optional(),
    }),
    /**
     * Checkpoint folders to continue from, newest first. The first that is whole, and of this job and these base files,
     * is taken; without one the job begins at its first step.
     */
    resume: z.array(z.string()).optional(),
    /** 1 unless said: micro-batches are cut as if the machine had this share of its memory. */
    memory_share: z.number().gt(0).max(1).optional(),
  }),
  /**
   * With `stream`, completions come as `deltas` events and not in the result. `each` are the folders of each prompt, all of one model, where prompts name checkpoints of their own.
   */
  z.strictObject({
    id,
    type: z.literal("generate"),
    traceparent,
    request: generationCommandSchema,
    folders: foldersSchema,
    each: z.array(foldersSchema).optional(),
    extras: generationExtrasSchema.optional(),
  }),
  z.strictObject({ id, type: z.literal("score"), traceparent, request: scoreSchema, folders: foldersSchema }),
  /** What the model of a grader says of texts, as it says it; it is one of `folders`, by its name. */
  z.strictObject({
    id,
    type: z.literal("grade"),
    traceparent,
    grader: scoreModelSchema,
    texts: z.array(z.string()).min(1),
    folders: foldersSchema,
  }),
  /** Writes a checkpoint's policy as the folder `output`, in another program's layout. */
  z.strictObject({
    id,
    type: z.literal("export"),
    traceparent,
    format: z.enum(EXPORT_FORMATS),
    folders: foldersSchema,
    output: z.string(),
  }),
  /** Writes a model folder with random weights as `output`; `folders.model` has its tokenizer. */
  z.strictObject({
    id,
    type: z.literal("initialize"),
    traceparent,
    config: bareConfigSchema,
    seed: z.int(),
    folders: foldersSchema,
    output: z.string(),
  }),
  /** Opens the runtime where the process is to compute: fails with what is in the way. */
  z.strictObject({ id, type: z.literal("probe"), traceparent }),
  /**
   * Ends the train command `target` after the step that runs, by a checkpoint to resume from and a summary that says
   * `paused`. One that has done no step since it began ends without a checkpoint. Acts at once, and needs no answer
   * beside that of `target`.
   */
  z.strictObject({ id, type: z.literal("pause"), target: id }),
  /** Stops the command `target` at the next token or step; that command then fails with code `cancelled`. */
  z.strictObject({ id, type: z.literal("cancel"), target: id }),
  /** Answers the question `ask` of the command `target`; acts at once, and is not answered itself. */
  z.strictObject({
    id,
    type: z.literal("answer"),
    target: id,
    ask: z.int(),
    answer: answerSchema,
  }),
  /** Lets everything go that no command uses; acts at once. */
  z.strictObject({ id, type: z.literal("trim") }),
] as const;

export const commandSchema = z.discriminatedUnion("type", commandSchemas, {
  error: ({ code, input }) => {
    if (code !== "invalid_union") return undefined;
    const known = commandSchemas.map(({ shape }) => shape.type.value);
    return `Expected a command among ${known.join(", ")}, got '${(input as { type?: unknown }).type}'`;
  },
});

export type Command = z.output<typeof commandSchema>;
export type CommandType = Command["type"];
type CommandOf<T extends CommandType> = Extract<Command, { type: T }>;

export type TrainRequest = Omit<CommandOf<"train">, "id" | "type" | "traceparent">;

/** Where a job finds what it reads, and puts what it writes. */
export type TrainFolders = TrainRequest["folders"];

/** What each command is answered with; a command without a row does not compile. */
export const RESULTS = {
  check: jobPlanSchema,
  train: trainingSummarySchema,
  generate: generationResultSchema,
  score: scoreResultSchema,
  grade: z.object({ scores: z.array(z.number().nullable()) }),
  export: z.object({ files: z.array(checkpointFileSchema) }),
  initialize: z.object({ parameters: z.int() }),
  probe: z.null(),
  pause: z.null(),
  cancel: z.null(),
  answer: z.null(),
  trim: z.null(),
} satisfies Record<CommandType, z.ZodType>;

export type ResultOf<T extends CommandType> = z.output<(typeof RESULTS)[T]>;
export type Result = ResultOf<CommandType>;

/** What a streaming generation says while it decodes: the pieces of one step, at most one of each completion. */
const generationEventSchema = z.object({
  type: z.literal("deltas"),
  deltas: z.array(generationDeltaSchema),
});

/** What the commands that take time say until they are answered. */
export const EVENTS = { train: trainingEventSchema, generate: generationEventSchema };

export type EventOf<T extends CommandType> = T extends keyof typeof EVENTS ? z.output<(typeof EVENTS)[T]>
  : never;
export type EngineEvent = EventOf<keyof typeof EVENTS>;

/** Texts of a request through a template and a tokenizer, or what may take longer: reading a folder's files. */
const folderWork = z.enum(["texts", "folder"]);

export type FolderWork = z.output<typeof folderWork>;

/** A message; what an event and a result hold is their command's to say (`EVENTS`, `RESULTS`). */
export const messageSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready"), pid: z.int() }),
  /** Every second, while nothing keeps the process from saying it. */
  z.object({ type: z.literal("alive") }),
  /** The process gives up, as others that it works with are gone; it may not be able to end them. */
  z.object({ type: z.literal("lost"), detail: z.string() }),
  /** Before a command works by what a model folder holds, which may have no end; and null after it. */
  z.object({ id, type: z.literal("text"), work: folderWork.nullable() }),
  /** Asks for what only the API process can work out; numbers of the command's questions are each there once. */
  z.object({ id, type: z.literal("ask"), ask: z.int(), question: questionSchema }),
  z.object({ id, type: z.literal("event"), event: z.unknown() }),
  z.object({ id, type: z.literal("result"), result: z.unknown() }),
  z.object({ id, type: z.literal("error"), error: errorRecordSchema }),
]);

export type Message =
  | Exclude<z.output<typeof messageSchema>, { type: "event" | "result" }>
  | { id: string; type: "event"; event: EngineEvent }
  | { id: string; type: "result"; result: Result };
