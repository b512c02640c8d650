/** What a ready text classifier says. */
import { z } from "zod";
import { rewardKind } from "./reward_kind.ts";

/** What transformers.js calls a model's files, by what they hold. */
export const CLASSIFIER_FILES = {
  fp32: "model.onnx",
  fp16: "model_fp16.onnx",
  q8: "model_quantized.onnx",
  int8: "model_int8.onnx",
  uint8: "model_uint8.onnx",
  q4: "model_q4.onnx",
} as const;

export type ClassifierDtype = keyof typeof CLASSIFIER_FILES;

export const classifier = rewardKind({
  schema: z.strictObject({
    type: z.literal("classifier").describe("Which reward it is."),
    model: z.string().min(1).max(200).describe(
      "A folder with config.json, a tokenizer and onnx/model.onnx, by the name of a model.",
    ),
    label: z.string().min(1).max(200).nullable().default(null).describe(
      "Whose score is the reward: a label of id2label. Default null: the only one there is.",
    ),
    dtype: z.enum(Object.keys(CLASSIFIER_FILES) as [ClassifierDtype, ...ClassifierDtype[]]).default("fp32")
      .describe(
        "Which of the folder's ONNX files is run, as transformers.js calls them. Default fp32: model.onnx.",
      ),
    text: z.enum(["completion", "prompt_and_completion"]).default("completion").describe(
      "What is classified. Default completion.",
    ),
    function_to_apply: z.enum(["softmax", "sigmoid", "none"]).nullable().default(null).describe(
      "What makes scores of the model's outputs. Default null, as transformers' pipeline: sigmoid for one label or problem_type multi_label_classification, none for regression, else softmax.",
    ),
  }).describe("The score that a ready ONNX text classifier gives a label"),
  classifiers: ({ model }) => [model],
});
