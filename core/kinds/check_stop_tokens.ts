/** Checks ids that a job adds to those that end a response. */
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { invalid } from "../errors.ts";

/** @throws {UserError} `invalid_token_id`, naming the id's place below `path` */
export function checkStopTokens(
  ids: readonly number[],
  path: string,
  { vocab_size }: Pick<ModelConfig, "vocab_size">,
): void {
  const at = ids.findIndex((id) => id >= vocab_size);
  if (at < 0) return;
  const message = `Expected an id below the model's vocabulary of ${vocab_size}, got ${ids[at]}`;
  throw invalid(`${path}.${at}`, message, "invalid_token_id");
}
