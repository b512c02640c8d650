/** A judge on loopback, right and wrong in every way. */
import assert from "node:assert/strict";
import {
  type GraderInput,
  type GraderOf,
  graderSchema,
} from "../../../core/contract/graders/grader_schema.ts";
import { gradedRow } from "../../../core/graders/graded_row.ts";
import { OutboundGuard } from "../../../core/outbound/outbound_guard.ts";
import { Judge } from "../../../core/questions/judge.ts";
import { Receiver } from "../webhooks/receiver.ts";

const KEY = "sk-the-judges-key";

function scoreModel(more: Partial<GraderInput> = {}): GraderOf<"score_model"> {
  return graderSchema.parse({
    ...{ type: "score_model", model: "judge-1" },
    input: [
      { role: "system", content: "Be strict." },
      { role: "user", content: { type: "input_text", text: "{{ item.q }}: {{ sample.output_text }}" } },
    ],
    ...more,
  }) as GraderOf<"score_model">;
}

const said = (content: string | null, message: object = {}) =>
  Response.json({
    choices: [{ message: { role: "assistant", content, ...message } }],
    usage: { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 },
  });

const rows = (...texts: string[]) => texts.map((text) => gradedRow({ q: "2+2" }, text, { json: false }));

async function judging(
  answer: ConstructorParameters<typeof Receiver>[0],
  work: (judge: Judge, receiver: Receiver) => Promise<void>,
): Promise<void> {
  const receiver = new Receiver(answer);
  const guard = new OutboundGuard(["127.0.0.1"]);
  try {
    await work(new Judge({ base_url: receiver.url, api_key: KEY, guard, first_pause_ms: 1 }), receiver);
  } finally {
    await receiver.close();
  }
}

const never = new AbortController().signal;

Deno.test("a judge is asked for a number with the filled-in messages, and its tokens are counted", () =>
  judging(() => said('{"steps": [], "result": 0.75}'), async (judge, { received }) => {
    const sampling_params = { temperature: 0.5, seed: 3, max_completions_tokens: 99 };
    const [grade] = await judge.grade(scoreModel({ sampling_params }), rows("4"), never);
    const usage = { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 };
    assert.deepEqual(grade, { score: 0.75, fault: null, usage });
    const [{ headers, body }] = received as [typeof received[0]];
    assert.equal(headers.get("authorization"), `Bearer ${KEY}`);
    assert.equal(body.model, "judge-1");
    assert.deepEqual(body.messages.slice(1), [
      { role: "system", content: "Be strict." },
      { role: "user", content: "2+2: 4" },
    ]);
    assert.deepEqual([body.temperature, body.seed, body.max_completion_tokens], [0.5, 3, 99]);
    assert.equal(body.response_format.type, "json_schema");
  }));

Deno.test("a judge's number is clipped to the range, and found in what models write around it", async () => {
  const cases: [string, number, [number, number]?][] = [
    ['{"result": 7}', 1],
    ['{"result": -7}', 0],
    ['{"result": 7}', 7, [0, 10]],
    ["0.5", 0.5],
    [
      'Here you are:\n```json\n{"steps": [{"description": "a", "conclusion": "b"}], "result": 0.25}\n```',
      0.25,
    ],
  ];
  for (const [content, score, range] of cases) {
    await judging(() => said(content), async (judge) => {
      const [grade] = await judge.grade(scoreModel(range && { range }), rows("4"), never);
      assert.equal(grade!.score, score, content);
      assert.equal(grade!.fault, null, content);
    });
  }
});

Deno.test("what a judge says in place of a number is the row's fault", async () => {
  const cases: [() => Response, string, RegExp][] = [
    [() => said("I cannot say"), "model_grader_parse_error", /got 'I cannot say'/],
    [() => said('{"result": "high"}'), "model_grader_parse_error", /number as result/],
    [() => said(null), "model_grader_parse_error", /number as result/],
    [() => said(null, { refusal: "No." }), "model_grader_refusal_error", /No\./],
    [() => new Response("{}"), "model_grader_server_error", /no chat completion/],
    [() => new Response("<html>"), "model_grader_server_error", /not JSON/],
    [
      () => new Response(`no such key ${KEY}`, { status: 401 }),
      "model_grader_server_error",
      /answered 401: no such key …/,
    ],
    [() => new Response("x".repeat(2 ** 21)), "model_grader_server_error", /too long/],
  ];
  for (const [answer, kind, message] of cases) {
    await judging(answer, async (judge) => {
      const [grade] = await judge.grade(scoreModel(), rows("4"), never);
      assert.equal(grade!.score, 0);
      assert.equal(grade!.fault?.kind, kind);
      assert.match(grade!.fault!.message, message);
    });
  }
});

Deno.test("a busy judge is asked again, and one that knows no response_format without it, from then on", () =>
  judging((count, { body }) => {
    if (count === 1) return new Response(null, { status: 503 });
    if (body.response_format) return new Response("unknown: response_format", { status: 400 });
    return said('{"result": 1}');
  }, async (judge, { received }) => {
    assert.equal((await judge.grade(scoreModel(), rows("4"), never))[0]!.score, 1);
    assert.equal(received.length, 3);
    assert.equal((await judge.grade(scoreModel(), rows("4"), never))[0]!.score, 1);
    assert.equal(received.length, 4);
  }));

Deno.test("rows come back in their order, and one whose template names nothing is not asked about", () =>
  judging(
    (_, { body }) => said(`{"result": ${body.messages.at(-1).content.split(": ")[1]}}`),
    async (judge, { received }) => {
      const given = rows(...Array.from({ length: 9 }, (_, row) => `0.${row + 1}`));
      const other = gradedRow({}, "1", { json: false });
      const grades = await judge.grade(scoreModel(), [...given, other], never);
      assert.deepEqual(grades.slice(0, 9).map(({ score }) => score), given.map((_, row) => (row + 1) / 10));
      assert.equal(grades[9]!.fault?.kind, "invalid_variable_error");
      assert.equal(received.length, 9);
    },
  ));

Deno.test("a judge at an address that the guard refuses is not asked", async () => {
  const receiver = new Receiver();
  try {
    const judge = new Judge({ base_url: receiver.url, api_key: undefined, guard: new OutboundGuard([]) });
    const [grade] = await judge.grade(scoreModel(), rows("4"), never);
    assert.equal(grade!.fault?.kind, "model_grader_server_error");
    assert.equal(receiver.received.length, 0);
  } finally {
    await receiver.close();
  }
});
