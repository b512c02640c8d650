/** POST /v1/fine_tuning/alpha/graders: whether a grader is one, and what it says of a text. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { component } from "../../core/contract/component.ts";
import { MAX_TEXT } from "../../core/contract/chat_schema.ts";
import { gradedSchema } from "../../core/contract/graders/graded.ts";
import {
  type Grader,
  type GraderOf,
  graderSchema,
  singleGraders,
} from "../../core/contract/graders/grader_schema.ts";
import { itemSchema } from "../../core/contract/item.ts";
import { attributeTo } from "../../core/errors.ts";
import { grade } from "../../core/graders/grade.ts";
import { type GradedRow, gradedRow } from "../../core/graders/graded_row.ts";
import { clipped, modelInput, textOf } from "../../core/graders/model_input.ts";
import { failed, faultOf, type RowGrade } from "../../core/graders/row_grade.ts";
import { graderFolder } from "../../core/jobs/resolve_folders.ts";
import { rewardFolders } from "../../core/contract/protocol.ts";
import { checkGrader } from "../../core/questions/check_reward.ts";
import { gradesOf } from "../../core/questions/grader_question.ts";
import { asker } from "../asker.ts";
import type { AppContext, Env } from "../context.ts";
import { jsonBody } from "../json_body.ts";
import { jsonContent, jsonRequest } from "../json_content.ts";
import { openaiErrorResponses } from "./errors.ts";

const exact = {
  type: "string_check",
  name: "exact",
  operation: "ilike",
  input: "{{ sample.output_text }}",
  reference: "{{ item.label }}",
} as const;

const close = {
  type: "text_similarity",
  name: "close",
  evaluation_metric: "fuzzy_match",
  input: "{{ sample.output_text }}",
  reference: "{{ item.label }}",
} as const;

const both = {
  type: "multi",
  name: "answer",
  graders: { exact, close },
  calculate_output: "0.8 * exact + 0.2 * close",
} as const;

const EXAMPLES = {
  validate: { multi: { summary: "A formula of two graders", value: { grader: both } } },
  run: {
    multi: {
      summary: "A formula of two graders on an answer",
      value: { grader: both, model_sample: "Yes.", item: { label: "yes" } },
    },
  },
};

const validateSchema = z.strictObject({ grader: graderSchema });

const runSchema = z.strictObject({
  grader: graderSchema,
  model_sample: z.string().max(MAX_TEXT).describe(
    "The text that is graded: sample.output_text, and sample.output_json where it is JSON.",
  ),
  item: itemSchema.default({}),
});

const tags = ["Fine-tuning"];
const errors = openaiErrorResponses([400, 401, 413, 415, 429, 503]);

const validateRoute = (context: AppContext) =>
  createRoute({
    ...{
      method: "post",
      path: "/v1/fine_tuning/alpha/graders/validate",
      tags,
      operationId: "validateGrader",
    },
    summary: "Check a grader",
    description:
      "Answers with the grader as it was sent, or says what is wrong with it. Nothing of it is run.",
    middleware: [jsonBody(context, validateSchema)] as const,
    request: { body: jsonRequest(validateSchema, EXAMPLES.validate) },
    responses: {
      200: {
        description: "The grader",
        content: jsonContent(z.object({ grader: graderSchema }).meta(component("ValidatedGrader"))),
      },
      ...errors,
    },
  });

const runRoute = (context: AppContext) =>
  createRoute({
    ...{ method: "post", path: "/v1/fine_tuning/alpha/graders/run", tags, operationId: "runGrader" },
    summary: "Grade a text",
    description: "What cannot be graded has the reward 0 and flags in metadata.errors.",
    middleware: [jsonBody(context, runSchema)] as const,
    request: { body: jsonRequest(runSchema, EXAMPLES.run) },
    responses: {
      200: { description: "What the grader says of the text", content: jsonContent(gradedSchema) },
      ...errors,
    },
  });

/** @throws {UserError} naming what is wrong below `grader` */
async function checked(context: AppContext, grader: Grader): Promise<void> {
  await checkGrader(grader, "grader", context.graders);
  for (const [name, single] of singleGraders(grader)) {
    if (single.type !== "score_model") continue;
    const path = name === "" ? "grader.model" : `grader.graders.${name}.model`;
    await attributeTo(path, graderFolder(context, single.model));
  }
}

/** Grades by a model of this server; null where none has the name. */
async function byOwnModel(
  context: AppContext,
  grader: GraderOf<"score_model">,
  row: GradedRow,
  options: { client: string; signal: AbortSignal },
): Promise<RowGrade | null> {
  const found = await graderFolder(context, grader.model);
  if (!found) return null;
  const { classifier, reward } = found;
  const folders = classifier !== undefined
    ? { model: classifier, rewards: {}, classifiers: { [grader.model]: classifier } }
    : { model: rewardFolders(reward!).model, rewards: { [grader.model]: reward! } };
  let text: string;
  try {
    text = textOf(modelInput(grader)({ item: row.item, sample: row.sample }));
  } catch (thrown) {
    return faultOf(row, thrown);
  }
  const { scores: [score] } = await context.serving.request(
    { type: "grade", grader, texts: [text], folders },
    options,
  );
  return score == null
    ? failed("other_error", `'${grader.model}' gives no finite number`)
    : { score: clipped(score, grader), fault: null };
}

/** The graders' routes. */
export function graders(context: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(validateRoute(context), async (c) => {
    await checked(context, c.req.valid("json").grader);
    // As it was sent: a client compares.
    const { grader } = await c.req.json();
    return c.json({ grader }, 200);
  }).openapi(runRoute(context), async (c) => {
    const { grader, model_sample, item } = c.req.valid("json");
    await checked(context, grader);
    const { client, signal } = asker(c);
    const result = await grade(grader, gradedRow(item, model_sample, { json: true }), {
      signal,
      ask: async (single, _name, rows, stop = signal) => {
        const own = single.type === "score_model"
          ? await byOwnModel(context, single, rows[0]!, { client, signal: stop })
          : null;
        return own ? [own] : await gradesOf(single, rows, stop, { ...context.graders, asker: client });
      },
    });
    return c.json(result, 200);
  });
}
