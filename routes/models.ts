/** Models that jobs and generations can name: the folders found in the model roots. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { UserError } from "../core/errors.ts";
import { type ListedModel, listModels } from "../core/model/model_folder.ts";
import type { AppContext, Env } from "./context.ts";
import { problemResponses } from "./problem.ts";

const modelSchema = z.object({
  id: z.string().describe("The folder's name; what requests call model."),
  model_type: z.string().optional(),
  task: z.enum(["causal_lm", "sequence_classifier"]).optional(),
  is_reward_model: z.boolean().optional(),
  parameters: z.int().optional(),
  dtype: z.string().optional(),
  bytes: z.int().optional(),
  context: z.int().optional().describe("Longest text, in tokens."),
  vocab_size: z.int().optional(),
  has_chat_template: z.boolean().optional(),
  problem: z.object({ code: z.string(), detail: z.string() }).nullable().describe(
    "Why the folder cannot be used; what could not be read of it is left out.",
  ),
}).openapi("Model");

/** A listed folder without its place on the machine. */
function modelView({ name, summary, problem }: ListedModel): z.output<typeof modelSchema> {
  const detail = problem?.code === "internal" ? "The folder cannot be read" : problem?.detail ?? "";
  return { id: name, ...summary, problem: problem && { code: problem.code, detail } };
}

const list = createRoute({
  method: "get",
  path: "/v1/models",
  tags: ["Models"],
  summary: "List models",
  responses: {
    200: {
      description: "Every model, by name",
      content: { "application/json": { schema: z.object({ data: z.array(modelSchema) }) } },
    },
    ...problemResponses(401),
  },
});

const show = createRoute({
  method: "get",
  path: "/v1/models/{id}",
  tags: ["Models"],
  summary: "Show a model",
  request: { params: z.object({ id: z.string().max(200).openapi({ example: "tiny" }) }) },
  responses: {
    200: { description: "The model", content: { "application/json": { schema: modelSchema } } },
    ...problemResponses(401, 404),
  },
});

/** The models' routes. */
export function models({ modelRoots }: AppContext): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>();
  app.openapi(list, async (c) => c.json({ data: (await listModels(modelRoots)).map(modelView) }, 200));
  app.openapi(show, async (c) => {
    const { id } = c.req.valid("param");
    const model = (await listModels(modelRoots)).find(({ name }) => name === id);
    if (!model) throw new UserError("not_found", `No model '${id}'`);
    return c.json(modelView(model), 200);
  });
  return app;
}
