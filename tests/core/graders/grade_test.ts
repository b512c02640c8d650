/** What graders that compare texts say of a row, and the flags of what cannot be graded. */
import assert from "node:assert/strict";
import { type GraderInput, graderSchema } from "../../../core/contract/graders/grader_schema.ts";
import { grade } from "../../../core/graders/grade.ts";
import { gradedRow } from "../../../core/graders/graded_row.ts";

const ask = () => Promise.reject(new Error("Nothing is to be asked"));

const graded = (grader: GraderInput, text: string, item: Record<string, unknown> = {}, json = false) =>
  grade(graderSchema.parse(grader), gradedRow(item, text, { json }), { ask });

const flags = ({ metadata }: Awaited<ReturnType<typeof graded>>) =>
  Object.entries(metadata.errors).filter(([, value]) => value === true).map(([name]) => name);

const check = (operation: "eq" | "ne" | "neq" | "like" | "ilike", reference = "{{ item.label }}") => ({
  ...{ type: "string_check", name: "check", operation, reference } as const,
  input: "{{ sample.output_text }}",
});

Deno.test("string_check compares as its operation says", async () => {
  const cases: [Parameters<typeof check>[0], string, number][] = [
    ["eq", "yes", 1],
    ["eq", "Yes", 0],
    ["eq", "yes ", 0],
    ["ne", "yes", 0],
    ["ne", "no", 1],
    ["neq", "no", 1],
    ["like", "oh yes, it is", 1],
    ["like", "oh Yes", 0],
    ["like", "ye", 0],
    ["ilike", "oh YES", 1],
    // No patterns of SQL.
    ["like", "y%s", 0],
  ];
  for (const [operation, text, reward] of cases) {
    assert.equal(
      (await graded(check(operation), text, { label: "yes" })).reward,
      reward,
      `${operation} ${text}`,
    );
  }
});

Deno.test("a multi grader gives its formula of what each of its graders gave", async () => {
  const result = await graded(
    {
      type: "multi",
      name: "both",
      graders: {
        exact: check("eq"),
        close: {
          type: "text_similarity",
          evaluation_metric: "fuzzy_match",
          input: "{{sample.output_text}}",
          reference: "{{item.label}}",
        },
      },
      calculate_output: "0.8 * exact + 0.2 * close",
    },
    "yeah",
    { label: "yes" },
  );
  const close = 2 * 2 / 7;
  assert.deepEqual(result.sub_rewards, { exact: 0, close });
  assert.equal(result.reward, 0.2 * close);
  assert.equal(result.metadata.type, "multi");
  assert.equal(result.metadata.name, "both");
  assert.deepEqual(flags(result), []);
});

Deno.test("graders of a multi grader may come as a list or as one, by their names", () => {
  const named = { ...check("eq"), name: "exact" };
  for (const graders of [[named], named]) {
    const grader = graderSchema.parse({ type: "multi", graders, calculate_output: "exact" });
    assert.deepEqual(grader.type === "multi" && Object.keys(grader.graders), ["exact"]);
  }
});

Deno.test("a row that cannot be graded has the reward 0 and a flag, and others go on", async () => {
  const missing = await graded(check("ne", "{{ item.other }}"), "yes");
  assert.equal(missing.reward, 0);
  assert.deepEqual(flags(missing), ["invalid_variable_error"]);

  const json = { ...check("eq"), input: "{{ sample.output_json.a }}" };
  assert.equal((await graded(json, '{"a": "yes"}', { label: "yes" }, true)).reward, 1);
  assert.deepEqual(flags(await graded(json, "no json", { label: "yes" }, true)), ["sample_parse_error"]);
  assert.deepEqual(flags(await graded(json, '{"b": 1}', { label: "yes" }, true)), ["invalid_variable_error"]);
  assert.deepEqual(flags(await graded(json, '{"a": "yes"}', { label: "yes" })), ["invalid_variable_error"]);

  const half = await graded(
    {
      type: "multi",
      graders: { a: check("eq", "{{ item.other }}"), b: check("eq") },
      calculate_output: "a + b / 2",
    },
    "yes",
    { label: "yes" },
  );
  assert.equal(half.reward, 0.5);
  assert.deepEqual(half.sub_rewards, { a: 0, b: 1 });
  assert.deepEqual(flags(half), ["invalid_variable_error"]);

  for (const calculate_output of ["1 / a", "log(a)", "sqrt(a - 1)", "exp(1000 + a)"]) {
    const none = await graded({ type: "multi", graders: { a: check("eq") }, calculate_output }, "no", {
      label: "yes",
    });
    assert.equal(none.reward, 0);
    assert.deepEqual(flags(none), ["formula_parse_error"], calculate_output);
  }
});

Deno.test("texts that are too long to be compared are other errors", async () => {
  const result = await graded({
    type: "text_similarity",
    evaluation_metric: "rouge_l",
    input: "{{ sample.output_text }}",
    reference: "a",
  }, "a ".repeat(60_000));
  assert.deepEqual(flags(result), ["other_error"]);
});

Deno.test("graders are refused by the field and the name that is wrong", () => {
  const similarity = (evaluation_metric: string) => ({
    ...{ type: "text_similarity", input: "", reference: "", evaluation_metric },
  });
  const multi = (more: object) => ({
    type: "multi",
    graders: { a: check("eq") },
    calculate_output: "a",
    ...more,
  });
  const cases: [unknown, string, RegExp][] = [
    [similarity("meteor"), "evaluation_metric", /meteor needs WordNet/],
    [similarity("cosine"), "evaluation_metric", /cosine needs a model of embeddings/],
    [similarity("rouge_9"), "evaluation_metric", /Expected one of fuzzy_match/],
    [
      { type: "endpoint", url: "https://example.com" },
      "type",
      /'endpoint': a service of your own is a reward of type http/,
    ],
    [{ type: "label_model" }, "type", /'label_model': label_model belongs to evals/],
    [{}, "type", /Expected a type among string_check, text_similarity, python, score_model, multi, got none/],
    [{ ...check("eq"), invalid_grade: 0 }, "", /invalid_grade/],
    [{ ...check("eq"), operation: "regex" }, "operation", /eq/],
    [{ ...check("eq"), input: "{{ row.a }}" }, "input", /Expected {{ item/],
    [multi({ calculate_output: "b" }), "calculate_output", /Expected names among a, got 'b'/],
    [multi({ calculate_output: "a +" }), "calculate_output", /got the end/],
    [multi({ graders: {} }), "graders", /Expected 1 to 32 graders, got 0/],
    [multi({ graders: { a: multi({}) } }), "graders.a.type", /no multi grader inside another/],
    [multi({ graders: { "a-b": check("eq") } }), "graders.a-b", /Expected a name that a formula can have/],
  ];
  for (const [given, path, message] of cases) {
    const { error } = graderSchema.safeParse(given);
    const issue = error?.issues[0];
    assert.ok(issue, JSON.stringify(given));
    assert.match(issue.message, message);
    assert.equal(issue.path.join("."), path, JSON.stringify(given));
  }
  assert.ok(graderSchema.safeParse({ ...check("eq"), pass_threshold: 0.5 }).success);
});
