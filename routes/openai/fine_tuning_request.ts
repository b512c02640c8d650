/**
 * A fine-tuning job as OpenAI's clients ask for one, translated into a training job of ours: what is taken, what is
 * refused, and what takes the place of `auto`. It reads no file and no row.
 */
import { z } from "@hono/zod-openapi";
import "../../core/field_messages.ts";
import { PPO_ALIASES } from "../../core/contract/ppo_aliases.ts";
import type { FineTuneMethod } from "../../core/contract/fine_tune_rows.ts";
import { metadataSchema } from "../../core/contract/metadata.ts";
import { type TrainingJobConfig, trainingJobSchema } from "../../core/contract/training_job.ts";
import { invalid, withFields } from "../../core/errors.ts";
import { invalidValue } from "../../core/field_errors.ts";

const METHODS = ["supervised", "dpo", "reinforcement"] as const;

/** A number, or auto, which is the same as leaving it out. */
function orAuto<T extends z.ZodType<number>>(number: T, what: string) {
  return z.union([z.literal("auto"), number], {
    error: ({ code, input }) =>
      code !== "invalid_union"
        ? undefined
        : `Expected auto or ${bounds(number)}, got ${JSON.stringify(input)?.slice(0, 60)}`,
  }).nullish().describe(what);
}

/** What a number may be, in words. */
function bounds(number: z.ZodType<number>): string {
  const { type, minimum, exclusiveMinimum, maximum } = z.toJSONSchema(number, { io: "input" });
  const least = exclusiveMinimum !== undefined ? `above ${exclusiveMinimum}` : `from ${minimum}`;
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? "" : ` up to ${maximum}`;
  return `${type === "integer" ? "an integer" : "a number"} ${least}${most}`;
}

const shared = {
  n_epochs: orAuto(z.int().min(1).max(50), "Passes over the training file. auto: 3."),
  batch_size: orAuto(z.int().min(1).max(256), "Examples, or prompts, of a step. auto: 8."),
  learning_rate_multiplier: orAuto(
    z.number().gt(0).max(1000),
    "Times the rate that suits the model's size, which an event tells. auto: 1.",
  ),
};

const supervisedKnobs = z.strictObject(shared);

const EFFORTS = ["default", "none", "minimal", "low", "medium", "high", "xhigh"] as const;

const reinforcementKnobs = z.strictObject({
  ...shared,
  compute_multiplier: orAuto(
    z.number().gt(0.00001).max(10),
    "Responses sampled to each prompt: 4 times this, rounded, at least 1. auto: 1.",
  ),
  eval_interval: orAuto(
    z.int().min(1).max(1_000_000),
    "Steps between evaluations on the validation file. auto: one an epoch.",
  ),
  eval_samples: orAuto(
    z.int().min(1).max(64),
    "Responses to each prompt of the validation file in an evaluation. auto: 1.",
  ),
  reasoning_effort: z.enum(EFFORTS).nullish().describe("Taken, and without effect, as an event says."),
});

/** Fields of our own jobs, by kind, that may be given beside OpenAI's. */
const OWN_FIELDS = {
  reinforcement: [
    ...["ppo", "trainable", "value", "records", "keep", "early_stop", "max_attempts", "device"],
    ...["base_precision", "rollout_precision", "checkpoint_every_steps"],
  ],
  supervised: [
    ...["sft", "trainable", "keep", "early_stop", "max_attempts", "device", "base_precision"],
    "checkpoint_every_steps",
  ],
} as const satisfies Record<FineTuneMethod, readonly string[]>;

function ownFields(method: FineTuneMethod) {
  const fields = OWN_FIELDS[method].map((field) =>
    [field, z.unknown().optional().describe(`As ${field} of POST /v1/training-jobs.`)] as const
  );
  return z.strictObject(Object.fromEntries(fields)).nullish().describe(
    `Fields of POST /v1/training-jobs, as they are there: ${OWN_FIELDS[method].join(", ")}.`,
  );
}

const responseFormat = z.record(z.string(), z.unknown()).nullish().describe(
  "json_object or json_schema: graders have sample.output_json. Decoding stays free, as an event says.",
);

const methodSchema = z.strictObject({
  type: z.enum(METHODS).describe("supervised or reinforcement; dpo is refused."),
  supervised: z.strictObject({
    hyperparameters: supervisedKnobs.nullish().describe("What may be auto."),
    proximal: ownFields("supervised"),
  }).nullish().describe("How to learn from examples."),
  reinforcement: z.strictObject({
    grader: z.record(z.string(), z.unknown()).describe("What rates the answers, as OpenAI has graders."),
    hyperparameters: reinforcementKnobs.nullish().describe("What may be auto."),
    response_format: responseFormat,
    proximal: ownFields("reinforcement"),
  }).nullish().describe("How to learn from graded answers."),
  dpo: z.record(z.string(), z.unknown()).nullish().describe("Refused: preferences train reward models here."),
});

const fileId = z.string().min(1).max(200);

/** What POST /v1/fine_tuning/jobs takes. */
export const fineTuningRequestSchema = z.strictObject({
  model: z.string().min(1).max(500).describe(
    "A model that GET /v1/models lists, or a fine-tuned one's name.",
  ),
  training_file: fileId.describe("Id of a file of JSON lines."),
  validation_file: fileId.nullish().describe("Id of another, that is measured and never trained on."),
  suffix: z.string().min(1).max(64).nullish().describe("Part of the name of the fine-tuned model."),
  seed: z.int().min(0).max(2 ** 31 - 1).nullish().describe("Default: one is drawn."),
  metadata: metadataSchema.nullish().describe("Up to 16 texts of your own."),
  integrations: z.array(z.unknown()).max(100).nullish().describe("None: there are no integrations here."),
  hyperparameters: supervisedKnobs.nullish().describe("The same as method.supervised.hyperparameters."),
  method: methodSchema.nullish().describe("Default: supervised."),
}).openapi("FineTuningRequest", {
  example: {
    model: "tiny",
    training_file: "file-01k0…",
    method: {
      type: "reinforcement",
      reinforcement: {
        grader: {
          type: "string_check",
          name: "exact",
          operation: "ilike",
          input: "{{sample.output_text}}",
          reference: "{{item.label}}",
        },
        hyperparameters: { n_epochs: 2, batch_size: 16 },
      },
    },
  },
});

export type FineTuningRequest = z.output<typeof fineTuningRequestSchema>;

/** What an event before the first step says. */
export interface Remark {
  level: "info" | "warn";
  message: string;
}

export interface Translated {
  method: FineTuneMethod;
  /** The training job without its dataset; what is held out is the validation file's. */
  config: Record<string, unknown>;
  /** What the job shows of its request, with its defaults. */
  shown: { method: Record<string, unknown>; hyperparameters: Record<string, unknown> | null; seed: number };
  remarks: Remark[];
}

/** Stands for the dataset that the files will be, where a whole job is looked at. */
const NO_DATASET = "ds_00000000000000000000000000";

const AUTO = {
  n_epochs: 3,
  batch_size: 8,
  learning_rate_multiplier: 1,
  compute_multiplier: 1,
  eval_samples: 1,
};

/** Responses to a prompt where compute_multiplier is 1. */
const SAMPLES = 4;

type Given<T extends string> = { readonly [K in T]?: number | "auto" | null };

const numberOf = <K extends keyof typeof AUTO>(given: Given<K>, key: K): number => {
  const value = given[key];
  return typeof value === "number" ? value : AUTO[key];
};

/** Parameters of the models that our defaults suit. */
const REFERENCE_PARAMETERS = 1e9;

/** Peak rates of adapters at that size, and the most they may be. */
const RATES: Record<FineTuneMethod, { at_reference: number; most: number }> = {
  reinforcement: { at_reference: 1e-5, most: 1e-3 },
  supervised: { at_reference: 1e-4, most: 3e-3 },
};

/** The rate that suits a model's size: by the inverse square root of its parameters, to two digits. */
export function baseRate(method: FineTuneMethod, parameters: number): number {
  const { at_reference, most } = RATES[method];
  const rate = at_reference * Math.sqrt(REFERENCE_PARAMETERS / Math.max(parameters, 1));
  return Number(Math.min(most, rate).toPrecision(2));
}

/** The same digits whatever the product's last bits. */
const scaled = (rate: number, multiplier: number) => Math.min(1, Number((rate * multiplier).toPrecision(6)));

type Own = Record<string, unknown>;

const objectOf = (value: unknown): Own =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value as Own : {};

/** Whether somebody has named a field of `ppo`, by any of its names. */
function names(ppo: Own, field: string): boolean {
  return Object.keys(ppo).some((key) => key === field || PPO_ALIASES[key] === field);
}

/** A number that is given in both places is given once too often. */
function onlyOnce(own: Own, field: string, given: unknown, [theirs, ours]: [string, string]): void {
  if (typeof given === "number" && names(own, field)) {
    throw invalid(`${ours}.${field}`, `Expected either this or ${theirs}, got both`);
  }
}

/** Which method a request asks for. @throws {UserError} for one that is not here, or whose own part is missing */
function methodOf({ method, hyperparameters }: FineTuningRequest): FineTuneMethod {
  const type = method?.type ?? "supervised";
  if (type === "dpo") {
    throw invalid(
      "method.type",
      "Expected supervised or reinforcement, got dpo: preferences train a reward model here (kind reward_model of POST /v1/training-jobs)",
      "unsupported_method",
    );
  }
  for (const other of METHODS) {
    if (other !== type && method?.[other] != null) {
      throw invalid(`method.${other}`, `Expected none beside method.type ${type}`);
    }
  }
  if (type === "reinforcement") {
    if (!method?.reinforcement) {
      throw invalid("method.reinforcement", "Expected a grader at least, got nothing");
    }
    if (hyperparameters != null) {
      throw invalid(
        "hyperparameters",
        "Expected method.reinforcement.hyperparameters instead: these are of supervised jobs",
      );
    }
  } else if (hyperparameters != null && method?.supervised?.hyperparameters != null) {
    throw invalid("hyperparameters", "Expected either these or method.supervised.hyperparameters, got both");
  }
  return type;
}

/** A job of OpenAI's reinforcement fine-tuning as one of kind ppo. */
function reinforcement(request: FineTuningRequest, rate: number, seed: number): Translated {
  const { grader, response_format = null, ...rest } = request.method!.reinforcement!;
  const given = rest.hyperparameters ?? {};
  const own = rest.proximal ?? {};
  const ppo = objectOf(own.ppo);
  const at = (name: string) => `method.reinforcement.hyperparameters.${name}`;
  const below = "method.reinforcement.proximal.ppo";
  onlyOnce(ppo, "batch_size", given.batch_size, [at("batch_size"), below]);
  onlyOnce(ppo, "rollouts_per_prompt", given.compute_multiplier, [at("compute_multiplier"), below]);
  const multiplier = numberOf(given, "learning_rate_multiplier");
  const compute = numberOf(given, "compute_multiplier");
  const validated = request.validation_file != null;
  const every = typeof given.eval_interval === "number" ? given.eval_interval : null;
  const n_epochs = numberOf(given, "n_epochs");
  const batch_size = numberOf(given, "batch_size");
  const eval_samples = numberOf(given, "eval_samples");
  const effort = given.reasoning_effort ?? null;
  const remarks: Remark[] = [];
  const warn = (message: string) => remarks.push({ level: "warn", message });
  if (effort !== null && effort !== "default") {
    warn(`reasoning_effort ${effort} has no effect: models here have no such setting`);
  }
  if (response_format && response_format.type !== "text") {
    warn(
      "response_format gives graders sample.output_json where a text is JSON: what the model writes is not held to it",
    );
  }
  if (!validated && (typeof given.eval_interval === "number" || typeof given.eval_samples === "number")) {
    warn("eval_interval and eval_samples have no effect without a validation_file");
  }
  return {
    method: "reinforcement",
    config: {
      kind: "ppo",
      ...own,
      model: request.model,
      epochs: n_epochs,
      ppo: own.ppo !== undefined && own.ppo !== ppo ? own.ppo : {
        ...(!names(ppo, "batch_size") && { batch_size }),
        // A grader's reward is all there is: nothing is taken from it for an answer that is cut off.
        missing_eos_penalty: 0,
        ...(!names(ppo, "rollouts_per_prompt") &&
          { rollouts_per_prompt: Math.max(1, Math.round(SAMPLES * compute)) }),
        ...ppo,
        ...rateOf(ppo, rate, multiplier),
      },
      reward: { type: "grader", grader, response_format },
      ...(validated && {
        evaluate: {
          held_out: 1,
          held_out_rows: "last",
          every_steps: every,
          samples_per_prompt: eval_samples,
        },
        ...(own.checkpoint_every_steps === undefined && every !== null && { checkpoint_every_steps: every }),
      }),
      seed,
      metadata: request.metadata ?? {},
    },
    shown: {
      method: {
        type: "reinforcement",
        reinforcement: {
          grader,
          response_format,
          hyperparameters: {
            ...{ n_epochs, batch_size, learning_rate_multiplier: multiplier, compute_multiplier: compute },
            ...{ eval_interval: every ?? "auto", eval_samples, reasoning_effort: effort ?? "default" },
          },
          ...(rest.proximal && { proximal: rest.proximal }),
        },
      },
      hyperparameters: null,
      seed,
    },
    remarks,
  };
}

/** A number that is there replaces the rate of the model's size; another value is left for the job's schema to refuse. */
function rateOf(knobs: Own, rate: number, multiplier: number): Own {
  const { learning_rate: own = rate } = knobs;
  return { learning_rate: typeof own === "number" ? scaled(own, multiplier) : own };
}

/** A job of OpenAI's supervised fine-tuning as one of kind sft. */
function supervised(request: FineTuningRequest, rate: number, seed: number): Translated {
  const given = request.method?.supervised?.hyperparameters ?? request.hyperparameters ?? {};
  const own = request.method?.supervised?.proximal ?? {};
  const sft = objectOf(own.sft);
  onlyOnce(sft, "batch_size", given.batch_size, [
    "method.supervised.hyperparameters.batch_size",
    "method.supervised.proximal.sft",
  ]);
  const hyperparameters = {
    n_epochs: numberOf(given, "n_epochs"),
    batch_size: numberOf(given, "batch_size"),
    learning_rate_multiplier: numberOf(given, "learning_rate_multiplier"),
  };
  const { n_epochs, batch_size, learning_rate_multiplier } = hyperparameters;
  return {
    method: "supervised",
    config: {
      kind: "sft",
      ...own,
      model: request.model,
      epochs: n_epochs,
      sft: own.sft !== undefined && own.sft !== sft ? own.sft : {
        batch_size,
        ...sft,
        ...rateOf(sft, rate, learning_rate_multiplier),
      },
      ...(request.validation_file != null && { held_out: 1, held_out_rows: "last" }),
      seed,
      metadata: request.metadata ?? {},
    },
    shown: {
      method: {
        type: "supervised",
        supervised: {
          hyperparameters,
          ...(request.method?.supervised?.proximal && { proximal: request.method.supervised.proximal }),
        },
      },
      hyperparameters,
      seed,
    },
    remarks: [],
  };
}

const TRANSLATE = { reinforcement, supervised };

/** Fields of a training job by what OpenAI's request calls them, the longest first. */
const CALLED: Record<FineTuneMethod, readonly (readonly [own: string, theirs: string])[]> = {
  reinforcement: [
    ["reward.grader", "method.reinforcement.grader"],
    ["reward.response_format", "method.reinforcement.response_format"],
    ["reward", "method.reinforcement.grader"],
    ["epochs", "method.reinforcement.hyperparameters.n_epochs"],
    ["ppo.batch_size", "method.reinforcement.hyperparameters.batch_size"],
    ["evaluate.every_steps", "method.reinforcement.hyperparameters.eval_interval"],
    ["evaluate.samples_per_prompt", "method.reinforcement.hyperparameters.eval_samples"],
    ["evaluate", "validation_file"],
    ["dataset", "training_file"],
    ["columns", "training_file"],
  ],
  supervised: [
    ["epochs", "method.supervised.hyperparameters.n_epochs"],
    ["sft.batch_size", "method.supervised.hyperparameters.batch_size"],
    ["held_out", "validation_file"],
    ["dataset", "training_file"],
    ["columns", "training_file"],
  ],
};

/** What OpenAI's request calls a field of the training job. */
export function requestPath(method: FineTuneMethod, path: string): string {
  const isIn = (field: string) => path === field || path.startsWith(`${field}.`);
  const named = CALLED[method].find(([own]) => isIn(own));
  if (named) {
    const [own, theirs] = named;
    const isFile = theirs.endsWith("_file");
    return isFile ? theirs : theirs + path.slice(own.length);
  }
  return OWN_FIELDS[method].some(isIn) ? `method.${method}.proximal.${path}` : path;
}

/**
 * Translates a request, and looks at it as the training job that it will be.
 *
 * @param parameters of the base model
 * @param seed for a request that has none
 * @throws {UserError} naming the request's field
 */
export function translate(
  request: FineTuningRequest,
  { parameters, seed }: { parameters: number; seed: number },
): Translated & { job: TrainingJobConfig } {
  const method = methodOf(request);
  if (request.integrations?.length) {
    throw invalid("integrations", "Expected none: there are no integrations here, webhooks tell of jobs");
  }
  const translated = TRANSLATE[method](request, baseRate(method, parameters), request.seed ?? seed);
  const { data, error } = trainingJobSchema.safeParse({ ...translated.config, dataset: NO_DATASET });
  if (error) throw withFields(invalidValue(error), (path) => requestPath(method, path));
  return { ...translated, job: data, remarks: [...translated.remarks, ratesOf(data)] };
}

/** The rates that came of the multiplier. */
function ratesOf(job: TrainingJobConfig): Remark {
  const rates = job.kind === "ppo"
    ? [
      `policy ${job.ppo.learning_rate}`,
      ...(job.value === null ? [] : [
        ...(job.value.type === "separate" ? [`value network ${job.value.learning_rate}`] : []),
        `value head ${job.value.head_learning_rate}`,
      ]),
    ]
    : [String((job as Extract<TrainingJobConfig, { kind: "sft" }>).sft.learning_rate)];
  return { level: "info", message: `Peak learning rates: ${rates.join(", ")}` };
}
