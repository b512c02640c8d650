/** The model that one of OpenAI's requests for text names: a base, or a checkpoint by its id or fine-tuned name. */
import type { GenerationRequest } from "../../core/contract/generation.ts";
import { invalid } from "../../core/errors.ts";
import { resolveName } from "../../core/jobs/resolve_folders.ts";
import type { AppContext } from "../context.ts";

const NO_TEXT =
  "Expected a language model: the checkpoint is a reward model's, which gives scores and no text";

/** @throws UserError `unknown_checkpoint`, or `unsupported_model` for what gives no text */
export async function askedModel(
  context: AppContext,
  name: string,
): Promise<Pick<GenerationRequest, "model" | "checkpoint">> {
  const { isReward, ...names } = await resolveName(context, name);
  if (isReward) throw invalid("model", NO_TEXT, "unsupported_model");
  return names;
}
