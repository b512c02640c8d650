/** Log-probabilities, KL, values and rewards of given completions, from the serving engine. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { isFineTunedName } from "../core/contract/fine_tuned_name.ts";
import { isCheckpointId } from "../core/contract/policy_names.ts";
import { type ScoreRequest, scoreResultSchema, scoreSchema } from "../core/contract/score.ts";
import { invalid } from "../core/errors.ts";
import { withoutFineTunedNames } from "../core/jobs/fine_tuned_names.ts";
import { resolveFolders, resolveName } from "../core/jobs/resolve_folders.ts";
import { splitRewardSecrets } from "../core/contract/reward_secrets.ts";
import { checkReward } from "../core/questions/check_reward.ts";
import { asker } from "./asker.ts";
import type { AppContext, Env } from "./context.ts";
import { jsonBody } from "./json_body.ts";
import { jsonContent, jsonRequest } from "./json_content.ts";
import { problemResponses } from "./problem.ts";

const EXAMPLES = {
  text: {
    summary: "Log-probabilities of a completion, and a reward",
    value: {
      model: "tiny",
      items: [{
        prompt: "POST: The bakery stopped making the bread I like.\nTL;DR:",
        completion: " bread is gone",
      }],
      reward: { type: "length", target: 10 },
    },
  },
};

const route = (context: AppContext) =>
  createRoute({
    method: "post",
    path: "/v1/scores",
    tags: ["Inference"],
    operationId: "createScores",
    summary: "Score completions",
    description:
      "Log-probabilities under policy and reference, KL, values and rewards of completions that are given.",
    middleware: [jsonBody(context, scoreSchema)] as const,
    request: { body: jsonRequest(scoreSchema, EXAMPLES) },
    responses: {
      200: {
        description: "One score per item",
        content: jsonContent(scoreResultSchema),
      },
      ...problemResponses(400, 401, 413, 415, 422, 503),
    },
  });

/**
 * The request with a checkpoint that it names as its model in its place: a policy's says which weights, and a reward model's
 * which reward, as it has no log-probabilities of its own; those are the model's that it was trained on.
 */
async function resolved(context: AppContext, given: ScoreRequest): Promise<ScoreRequest> {
  // As `model`, a reward model's name means its reward.
  const request = { ...await withoutFineTunedNames(context.db, { ...given, model: "" }), model: given.model };
  if (!isCheckpointId(request.model) && !isFineTunedName(request.model)) return request;
  const { model, checkpoint, isReward } = await resolveName(context, request.model);
  if (!isReward) {
    if (request.checkpoint === null && request.adapter === null) return { ...request, model, checkpoint };
    throw invalid("model", `Expected a model beside a checkpoint or an adapter, got '${request.model}'`);
  }
  if (request.reward === null) return { ...request, model, reward: { type: "model", model: checkpoint! } };
  throw invalid("reward", `Expected none beside the reward model '${request.model}'`);
}

/** The scores' route. */
export function scores(context: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(route(context), async (c) => {
    const given = await resolved(context, c.req.valid("json"));
    const logger = c.get("logger");
    const checked = given.reward && await checkReward(given.reward, context, logger);
    const { config: request, secrets } = splitRewardSecrets({ ...given, reward: checked });
    const folders = await resolveFolders(context, request);
    const { reward } = request;
    const { client: owner } = asker(c);
    const answers = reward &&
      context.answering({ reward, secrets, asker: c.get("requestId"), owner, logger });
    try {
      const options = { ...asker(c), answer: answers?.answer };
      const { data } = await context.serving.request({ type: "score", request, folders }, options);
      return c.json({ data }, 200);
    } finally {
      await answers?.close();
    }
  });
}
