/** Graders' routes by OpenAI's own client: what it validates, what it is told, and what is refused. */
import assert from "node:assert/strict";
import OpenAI from "openai";
import { OutboundGuard } from "../../../core/outbound/outbound_guard.ts";
import { Judge } from "../../../core/questions/judge.ts";
import { Receiver } from "../../core/webhooks/receiver.ts";
import { type Served, served } from "../served.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

/** The client, whose requests come to the app by no network. */
function clientOf({ app }: Served): OpenAI {
  return new OpenAI({
    ...{ baseURL: "http://localhost/v1", apiKey: "any", maxRetries: 0 },
    fetch: async (url, init) => await app.request(String(url), init as RequestInit),
  });
}

const exact = {
  ...{ type: "string_check", name: "exact", operation: "ilike" } as const,
  ...{ input: "{{sample.output_text}}", reference: "{{item.label}}" },
};

const FLAGS = {
  ...{ formula_parse_error: false, sample_parse_error: false, truncated_observation_error: false },
  ...{ unresponsive_reward_error: false, invalid_variable_error: false, other_error: false },
  ...{ python_grader_server_error: false, python_grader_server_error_type: null },
  ...{ python_grader_runtime_error: false, python_grader_runtime_error_details: null },
  ...{ model_grader_server_error: false, model_grader_refusal_error: false, model_grader_parse_error: false },
  model_grader_server_error_details: null,
};

Deno.test("OpenAI's client validates and runs graders", () =>
  served(async (it) => {
    const { graders } = clientOf(it).fineTuning.alpha;
    assert.deepEqual(await graders.validate({ grader: exact }), { grader: exact });

    const result = await graders.run({ grader: exact, model_sample: "Yes!", item: { label: "yes" } });
    assert.equal(typeof result.metadata.execution_time, "number");
    assert.deepEqual(result, {
      ...{ reward: 1, sub_rewards: {}, model_grader_token_usage_per_model: {} },
      metadata: {
        ...{ name: "exact", type: "string_check", scores: {}, token_usage: null, sampled_model_name: null },
        execution_time: result.metadata.execution_time,
        errors: FLAGS,
      },
    });

    const close = {
      ...{ type: "text_similarity", evaluation_metric: "fuzzy_match" },
      ...{ input: "{{sample.output_text}}", reference: "{{item.label}}" },
    };
    const multi: Json = {
      type: "multi",
      graders: { exact, close },
      calculate_output: "0.8 * exact + 0.2 * close",
    };
    const both = await graders.run({ grader: multi, model_sample: "Yes", item: { label: "yes" } });
    assert.deepEqual(both.sub_rewards, { exact: 1, close: 2 / 3 });
    assert.equal(both.reward, 0.8 + 0.2 * (2 / 3));

    const lacking = await graders.run({ grader: exact, model_sample: "yes" });
    assert.equal(lacking.reward, 0);
    assert.deepEqual(lacking.metadata.errors, { ...FLAGS, invalid_variable_error: true });

    const json = { ...exact, input: "{{ sample.output_json.answer }}" };
    const item = { label: "yes" };
    assert.equal((await graders.run({ grader: json, model_sample: '{"answer": "yes"}', item })).reward, 1);
    const text = await graders.run({ grader: json, model_sample: "yes", item });
    assert.deepEqual(text.metadata.errors, { ...FLAGS, sample_parse_error: true });
  }));

Deno.test("graders that are none are refused with 400, and the param that is wrong", () =>
  served(async (it) => {
    const { graders } = clientOf(it).fineTuning.alpha;
    const similarity = { type: "text_similarity", input: "", reference: "" };
    const judge = { type: "score_model", model: "o4-mini", input: [{ role: "user", content: "{{item.a}}" }] };
    const cases: [Json, string, RegExp][] = [
      [{ ...exact, operation: "regex" }, "grader.operation", /eq/],
      [{ ...exact, reference: "{{ row.a }}" }, "grader.reference", /item\.…/],
      [{ ...similarity, evaluation_metric: "meteor" }, "grader.evaluation_metric", /WordNet/],
      [{ ...similarity, evaluation_metric: "cosine" }, "grader.evaluation_metric", /embeddings/],
      [{ type: "label_model" }, "grader.type", /label_model belongs to evals/],
      [{ type: "endpoint" }, "grader.type", /reward of type http/],
      [
        { type: "multi", graders: { exact }, calculate_output: "exact + b" },
        "grader.calculate_output",
        /'b'/,
      ],
      [judge, "grader.model", /no model "o4-mini".*GRADER_BASE_URL/],
      [
        { type: "multi", graders: { judge }, calculate_output: "judge" },
        "grader.graders.judge.model",
        /o4-mini/,
      ],
    ];
    for (const [grader, param, message] of cases) {
      for (
        const call of [() => graders.validate({ grader }), () => graders.run({ grader, model_sample: "" })]
      ) {
        await assert.rejects(call, (error: Json) => {
          assert.ok(error instanceof OpenAI.BadRequestError);
          assert.equal(error.param, param);
          assert.match(error.message, message);
          return true;
        });
      }
    }
  }));

Deno.test("a judge is asked, and its tokens and failures are told", async () => {
  let content = '{"result": 0.5}';
  const receiver = new Receiver(() =>
    Response.json({ choices: [{ message: { content } }], usage: { prompt_tokens: 5, completion_tokens: 2 } })
  );
  const guard = new OutboundGuard(["127.0.0.1"]);
  const judge = new Judge({ base_url: receiver.url, api_key: undefined, guard });
  const python = { close: () => Promise.resolve() } as never;
  try {
    await served(async (it) => {
      const { graders } = clientOf(it).fineTuning.alpha;
      const grader: Json = {
        type: "score_model",
        model: "a-judge",
        input: [{ role: "user", content: "{{sample.output_text}}" }],
      };
      const result = await graders.run({ grader, model_sample: "a" });
      assert.equal(result.reward, 0.5);
      assert.equal(result.metadata.sampled_model_name, "a-judge");
      assert.equal(result.metadata.token_usage, 7);
      assert.deepEqual(result.model_grader_token_usage_per_model, {
        "a-judge": { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
      });
      content = "none";
      const failed = await graders.run({ grader, model_sample: "a" });
      assert.deepEqual(failed.metadata.errors, { ...FLAGS, model_grader_parse_error: true });
    }, { graders: { python, judge }, hasJudge: true });
  } finally {
    await receiver.close();
  }
});
