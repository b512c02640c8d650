/** A grader of OpenAI's as a reward. */
import { z } from "zod";
import { component } from "../component.ts";
import { graderSchema, singleGraders } from "../graders/grader_schema.ts";
import { rewardKind } from "./reward_kind.ts";

/** What a completion is to be read as, in OpenAI's words. */
export const responseFormat = z.union([
  z.strictObject({ type: z.literal("text").describe("How the completion is read.") })
    .meta(component("TextFormat")),
  z.strictObject({ type: z.literal("json_object").describe("How the completion is read.") })
    .meta(component("JsonObjectFormat")),
  z.strictObject({
    type: z.literal("json_schema").describe("How the completion is read."),
    json_schema: z.record(z.string(), z.unknown()).describe(
      "OpenAI's name, schema and strict; taken, and not held against the text.",
    ),
  }).meta(component("JsonSchemaFormat")),
], {
  error: ({ code }) =>
    code === "invalid_union" ? "Expected a type among text, json_object, json_schema" : undefined,
});

export const grader = rewardKind({
  schema: z.strictObject({
    type: z.literal("grader").describe("Which reward it is."),
    grader: graderSchema,
    response_format: responseFormat.nullable().default(null).describe(
      "json_object or json_schema: graders have sample.output_json, the completion as JSON. It is read, not held against the schema. Default null: text.",
    ),
  }).describe("What a grader of OpenAI's fine-tuning gives; 0 for a row that cannot be graded"),
  asks: true,
  graders: ({ grader }) => graderModels(grader),
});

/** Names of the models that its graders ask, each once: local ones or a judge's. */
export function graderModels(graded: z.output<typeof graderSchema>): string[] {
  return [
    ...new Set(singleGraders(graded).flatMap(([, one]) => one.type === "score_model" ? [one.model] : [])),
  ];
}
