/** What the list of models says of one. */
import type { ModelType } from "../../kernels/models/model_config.ts";
import type { SafetensorsDtype } from "./safetensors_header.ts";

/** What a model is, without reading its weights. */
export interface ModelSummary {
  model_type: ModelType;
  task: "causal_lm" | "sequence_classifier";
  /** A sequence classifier with one class: it scores texts. */
  is_reward_model: boolean;
  parameters: number;
  /** The dtype that most of the weights are stored in. */
  dtype: SafetensorsDtype;
  /** Bytes of the weights. */
  bytes: number;
  /** Longest text in tokens. */
  context: number;
  vocab_size: number;
  has_chat_template: boolean;
}
