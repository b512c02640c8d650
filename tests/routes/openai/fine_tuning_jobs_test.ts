/** Fine-tuning jobs on the paths that OpenAI's clients use: their life, lists, events, and what is refused. */
import assert from "node:assert/strict";
import { BEHAVIOURS } from "../../fake_engine.ts";
import { eventually } from "../../core/jobs/supervised.ts";
import { Receiver } from "../../core/webhooks/receiver.ts";
import OpenAI from "openai";
import { jobRequest, type Served, served } from "../served.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const PATH = "/v1/fine_tuning/jobs";
const TYPE = { "content-type": "multipart/form-data; boundary=x" };

/** Sends a file; gives its id. */
async function upload(
  it: Served,
  content: string,
  purpose = "fine-tune",
  name = "rows.jsonl",
): Promise<string> {
  const part = (head: string, value: string) =>
    `--x\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`;
  const form = part('name="purpose"', purpose) + part(`name="file"; filename="${name}"`, content) +
    "--x--\r\n";
  const { status, json, text } = await it.call("POST", "/v1/files", form, TYPE);
  assert.equal(status, 200, text);
  return json.id;
}

const rows = (count: number) =>
  Array.from(
    { length: count },
    (_, at) =>
      JSON.stringify({
        messages: [{ role: "user", content: `Is ${at} even?` }],
        label: at % 2 ? "no" : "yes",
      }),
  ).join("\n");

const examples = (count: number) =>
  Array.from({ length: count }, (_, at) =>
    JSON.stringify({
      messages: [{ role: "user", content: `${at}` }, { role: "assistant", content: `${at}` }],
    })).join("\n");

const grader = {
  type: "string_check",
  name: "exact",
  operation: "ilike",
  input: "{{sample.output_text}}",
  reference: "{{item.label}}",
};

/** A request whose job the fake engine treats as `behaviour` says. */
const reinforcement = (training_file: string, behaviour: keyof typeof BEHAVIOURS, more: Json = {}) => ({
  ...{ model: "qwen3", training_file, suffix: "even", seed: BEHAVIOURS[behaviour] },
  method: {
    type: "reinforcement",
    reinforcement: { grader, hyperparameters: { n_epochs: 2, batch_size: 2, compute_multiplier: 0.25 } },
  },
  ...more,
});

/** Waits until a job has a status. */
function reaches(it: Served, id: string, status: string): Promise<Json> {
  return eventually(async () => {
    const { json } = await it.call("GET", `${PATH}/${id}`);
    if (json.status !== status && ["failed", "succeeded", "cancelled"].includes(json.status)) {
      throw new Error(`Expected ${status}, got ${JSON.stringify(json)}`);
    }
    return json.status === status ? json : null;
  });
}

async function create(it: Served, body: unknown): Promise<Json> {
  const { status, json, text } = await it.call("POST", PATH, body);
  assert.equal(status, 200, text);
  return json;
}

/** What a verb answers, sent as OpenAI's clients send it: without a body, which is said to be JSON. */
async function ask(it: Served, id: string, verb: string) {
  const response = await it.app.request(`${PATH}/${id}/${verb}`, {
    method: "POST",
    headers: { "content-type": "application/json", "content-length": "0" },
  });
  return { status: response.status, json: await response.json() as Json };
}

const events = async (it: Served, id: string, query = "limit=100"): Promise<Json> =>
  (await it.call("GET", `${PATH}/${id}/events?${query}`)).json;

Deno.test("a reinforcement job goes from its files to a result, and is a training job of the same id", () =>
  served(async (it) => {
    const training_file = await upload(it, rows(5));
    const validation_file = await upload(it, rows(2));
    const made = await create(
      it,
      reinforcement(training_file, "succeed", { validation_file, metadata: { run: "a" } }),
    );
    assert.match(made.id, /^ftjob-[0-9a-z]{26}$/);
    const { id: _, created_at, method, ...rest } = made;
    assert.ok(Math.abs(created_at - Date.now() / 1000) < 60);
    assert.deepEqual(rest, {
      ...{ object: "fine_tuning.job", model: "qwen3", finished_at: null, fine_tuned_model: null },
      ...{ organization_id: "org-proximal", result_files: [], status: "validating_files" },
      ...{ validation_file, training_file, hyperparameters: null, trained_tokens: null, error: null },
      ...{
        seed: 0,
        estimated_finish: null,
        integrations: [],
        metadata: { run: "a" },
        user_provided_suffix: "even",
      },
    });
    assert.equal(method.reinforcement.hyperparameters.n_epochs, 2);
    const done = await reaches(it, made.id, "succeeded");
    assert.match(done.fine_tuned_model, /^ft:qwen3:proximal:even:[0-9a-z]{26}$/);
    assert.ok(done.finished_at >= created_at && done.trained_tokens > 0);

    const job = (await it.call("GET", `/v1/training-jobs/${made.id.replace("ftjob-", "job_")}`)).json;
    assert.deepEqual([job.kind, job.status, job.rows.count], ["ppo", "succeeded", 7]);
    assert.deepEqual([job.config.evaluate.held_out, job.config.evaluate.held_out_rows], [2, "last"]);
    const prompts = (await it.call("GET", `/v1/datasets/${job.rows.dataset}/rows`)).json.data;
    assert.deepEqual(prompts[0].item, JSON.parse(rows(1)));

    const told = await events(it, made.id);
    const messages = told.data.map(({ message }: Json) => message).toReversed();
    assert.match(messages[0], /^Created fine-tuning job: ftjob-/);
    const expected = [
      "Validating training file and validation file",
      "Files validated",
      "Fine-tuning job started",
    ];
    for (const start of expected) {
      assert.ok(messages.some((one: string) => one.startsWith(start)), messages.join("\n"));
    }
    assert.equal(messages.at(-1), "The job has successfully completed");
    const step = told.data.find(({ type }: Json) => type === "metrics");
    assert.deepEqual([step.level, step.data.step, step.data.total_steps], ["info", 4, 4]);
    // By pages as by one.
    const paged: Json[] = [];
    for (let after = "", more = true; more;) {
      const page = await events(it, made.id, `limit=3${after && `&after=${after}`}`);
      paged.push(...page.data);
      more = page.has_more;
      after = page.last_id;
    }
    assert.deepEqual(paged, told.data);

    const checkpoints = (await it.call("GET", `${PATH}/${made.id}/checkpoints`)).json;
    assert.deepEqual(checkpoints.data.map(({ step_number }: Json) => step_number), [4, 2]);
    const [last, first] = checkpoints.data;
    assert.deepEqual(
      [last.fine_tuned_model_checkpoint, last.fine_tuning_job_id, checkpoints.first_id, checkpoints.last_id],
      [done.fine_tuned_model, made.id, last.id, first.id],
    );
    const one = (await it.call("GET", `${PATH}/${made.id}/checkpoints?limit=1`)).json;
    assert.deepEqual([one.data.length, one.has_more], [1, true]);
    const next = (await it.call("GET", `${PATH}/${made.id}/checkpoints?after=${last.id}`)).json;
    assert.deepEqual(next.data.map(({ id }: Json) => id), [first.id]);

    const [result] = done.result_files;
    const csv = (await it.call("GET", `/v1/files/${result}/content`)).text.trim().split("\n");
    assert.match(csv[0]!, /^step,train_mean_reward,valid_mean_reward,/);
    assert.deepEqual(csv.slice(1).map((line) => line.split(",")[0]), ["1", "2", "3", "4"]);
    const results = (await it.call("GET", "/v1/files?purpose=fine-tune-results")).json.data;
    assert.deepEqual(results.map(({ id }: Json) => id), [result]);
    // It is made once, also when it was deleted.
    await it.call("DELETE", `/v1/files/${result}`);
    assert.deepEqual((await it.call("GET", `${PATH}/${made.id}`)).json.result_files, [result]);
    assert.deepEqual((await it.call("GET", "/v1/files?purpose=fine-tune-results")).json.data, []);

    // Another job of the files reads the same rows.
    const again = await create(it, reinforcement(training_file, "succeed", { validation_file }));
    await reaches(it, again.id, "succeeded");
    assert.equal((await it.call("GET", "/v1/datasets")).json.data.length, 1);
    // Its rows go with the file, as nothing needs them any more.
    await it.call("DELETE", `/v1/files/${training_file}`);
    assert.equal((await it.call("GET", "/v1/datasets")).json.data.length, 0);
  }));

Deno.test("a supervised job is one of kind sft, with or without a method", () =>
  served(async (it) => {
    const training_file = await upload(it, examples(10));
    const hyperparameters = { n_epochs: 1, batch_size: 2 };
    const made = await create(it, { model: "qwen3", training_file, hyperparameters, seed: 0 });
    assert.deepEqual(made.hyperparameters, { ...hyperparameters, learning_rate_multiplier: 1 });
    assert.equal(made.method.type, "supervised");
    await reaches(it, made.id, "succeeded");
    const job = (await it.call("GET", `/v1/training-jobs/${made.id.replace("ftjob-", "job_")}`)).json;
    assert.deepEqual([job.kind, job.rows.count, job.config.epochs], ["sft", 10, 1]);
    const done = (await it.call("GET", `${PATH}/${made.id}`)).json;
    assert.match(done.fine_tuned_model, /^ft:qwen3:proximal::[0-9a-z]{26}$/);

    const told = (await events(it, made.id)).data.filter(({ type }: Json) => type === "metrics");
    const valid = { valid_loss: 1, full_valid_loss: 1 };
    const accuracies = { valid_mean_token_accuracy: 0.125, full_valid_mean_token_accuracy: 0.125 };
    const [epoch, second, first] = told.map(({ data }: Json) => data);
    assert.deepEqual(first, { step: 1, total_steps: 2, train_loss: 1, train_mean_token_accuracy: 0.25 });
    assert.deepEqual([second.step, second.train_loss], [2, 0.5]);
    assert.deepEqual(epoch, { step: 2, total_steps: 2, ...valid, ...accuracies });
    const [checkpoint] = (await it.call("GET", `${PATH}/${made.id}/checkpoints`)).json.data;
    const trained = { train_loss: 0.5, train_mean_token_accuracy: 0.25 };
    assert.deepEqual(checkpoint.metrics, { step: 2, ...trained, ...valid, ...accuracies });
    const csv = (await it.call("GET", `/v1/files/${done.result_files[0]}/content`)).text.split("\n");
    assert.match(csv[0]!, /^step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy,/);
    assert.match(csv[1]!, /^1,1,0\.25,,,/);
    assert.match(csv[2]!, /^2,0\.5,0\.25,1,0\.125,/);
  }));

Deno.test("files that will not do fail the job, and say where", () =>
  served(async (it) => {
    const good = await upload(it, rows(3));
    const cases: [Json, string, string, RegExp][] = [
      [
        { training_file: await upload(it, rows(2) + "\nno json") },
        "training_file",
        "invalid_file_format",
        /Line 3/,
      ],
      [
        { training_file: await upload(it, '{"messages":[]}') },
        "training_file",
        "invalid_training_file",
        /invalid training file\. Line 1: messages: Expected at least 1 item/,
      ],
      [
        { training_file: await upload(it, "\n\n") },
        "training_file",
        "invalid_n_examples",
        /at least 1 examples, got 0/,
      ],
      [
        { training_file: good, validation_file: await upload(it, examples(1)) },
        "validation_file",
        "invalid_validation_file",
        /Line 1: messages: Expected a user's message last/,
      ],
    ];
    for (const [files, param, code, message] of cases) {
      const made = await create(it, reinforcement("", "succeed", files));
      const failed = await reaches(it, made.id, "failed");
      assert.deepEqual([failed.error.param, failed.error.code], [param, code]);
      assert.match(failed.error.message, message);
      assert.ok(failed.finished_at > 0);
      const [last] = (await events(it, made.id)).data;
      assert.deepEqual([last.level, last.data], ["error", { error_code: code, error_param: param }]);
    }
    // What the model finds is a fault of the file that it is in.
    const two = await upload(it, rows(2));
    const ten = await upload(it, examples(10));
    const sft = (max_length?: number) => ({
      ...{ model: "qwen3", training_file: ten, seed: BEHAVIOURS.reject_check },
      method: { type: "supervised", supervised: max_length ? { proximal: { sft: { max_length } } } : {} },
    });
    for (
      const [request, param, code, message] of [
        [
          reinforcement(good, "reject_check"),
          "training_file",
          "invalid_training_file",
          /Example 3: too long/,
        ],
        [
          reinforcement(two, "reject_check", { validation_file: good }),
          "validation_file",
          "invalid_validation_file",
          /Example 1: too long/,
        ],
        [sft(), "training_file", "invalid_training_file", /invalid training file. too long/],
        [sft(8), "method.supervised.proximal.sft.max_length", "prompt_too_long", /room for 8/],
      ] as [Json, string, string, RegExp][]
    ) {
      const made = await create(it, request);
      const failed = await reaches(it, made.id, "failed");
      assert.deepEqual([failed.error.param, failed.error.code], [param, code]);
      assert.match(failed.error.message, message);
      const [last] = (await events(it, made.id)).data;
      assert.deepEqual(last.data, { error_code: code, error_param: param });
    }
    const few = await create(it, { model: "qwen3", training_file: await upload(it, examples(9)) });
    assert.match((await reaches(it, few.id, "failed")).error.message, /at least 10 examples, got 9/);
  }));

Deno.test("jobs are paused, resumed and cancelled, before there is a training job and after", () =>
  served(async (it) => {
    const training_file = await upload(it, rows(4));
    const running = await create(it, reinforcement(training_file, "hang_once"));
    // Only a job with a checkpoint has come to a model.
    await eventually(async () =>
      (await it.call("GET", `${PATH}/${running.id}/checkpoints`)).json.data.length > 0
    );
    assert.equal((await ask(it, running.id, "pause")).status, 200);
    const paused = await reaches(it, running.id, "paused");
    assert.match(paused.fine_tuned_model, /^ft:qwen3:proximal:even:/);
    assert.equal((await ask(it, running.id, "pause")).status, 400);
    assert.equal((await ask(it, running.id, "resume")).json.status, "queued");
    await reaches(it, running.id, "succeeded");
    for (const verb of ["cancel", "pause", "resume"]) {
      const { status, json } = await ask(it, running.id, verb);
      assert.deepEqual([status, json.error.code, json.error.type], [
        400,
        "wrong_state",
        "invalid_request_error",
      ]);
    }

    // While another trains it cannot begin, however soon it is validated.
    const other = await create(it, reinforcement(training_file, "hang"));
    await reaches(it, other.id, "running");
    const early = await create(it, reinforcement(await upload(it, rows(4)), "succeed"));
    assert.equal((await ask(it, early.id, "pause")).json.status, "paused");
    await it.fineTuning.stop();
    assert.equal((await it.call("GET", `${PATH}/${early.id}`)).json.status, "paused");
    assert.equal((await ask(it, early.id, "cancel")).json.status, "cancelled");
    assert.equal((await ask(it, early.id, "resume")).status, 400);
    assert.equal((await ask(it, "ftjob-01k00000000000000000000000", "cancel")).status, 404);
  }));

Deno.test("a job whose server has ended before it was validated is validated at the next start", () =>
  served(async (it) => {
    const training_file = await upload(it, rows(4));
    await it.fineTuning.stop();
    const left = await create(it, reinforcement(training_file, "succeed"));
    assert.equal((await it.call("GET", `${PATH}/${left.id}`)).json.status, "validating_files");
    const next = it.makeFineTuning();
    try {
      next.wake();
      await reaches(it, left.id, "succeeded");
      assert.equal(
        (await events(it, left.id)).data.filter(({ message }: Json) => message.startsWith("Files validated"))
          .length,
        1,
      );
    } finally {
      await next.stop();
    }
  }));

Deno.test("jobs of both kinds of requests are listed newest first, by pages and metadata", () =>
  served(async (it) => {
    const bad = await upload(it, "{}");
    const first = await create(it, reinforcement(bad, "succeed", { metadata: { run: "a", who: "x" } }));
    await reaches(it, first.id, "failed");
    const own =
      (await it.call("POST", "/v1/training-jobs", jobRequest("succeed", { metadata: { run: "a" } }))).json;
    const evaluation = await it.call("POST", "/v1/evaluations", {
      ...{ model: "qwen3", prompts: ["a"], reward: { type: "length", target: 5 } },
    });
    assert.equal(evaluation.status, 202, evaluation.text);
    const last = await create(it, reinforcement(bad, "succeed", { metadata: { run: "b" } }));
    const ownId = own.id.replace("job_", "ftjob-");
    const ids = async (query: string) =>
      (await it.call("GET", `${PATH}?${query}`)).json.data.map(({ id }: Json) => id);
    assert.deepEqual(await ids(""), [last.id, ownId, first.id]);
    assert.deepEqual(await ids(`limit=1&after=${last.id}`), [ownId]);
    assert.deepEqual(await ids("metadata%5Brun%5D=a"), [ownId, first.id]);
    assert.deepEqual(await ids("metadata[run]=a&metadata[who]=x"), [first.id]);
    const shown = (await it.call("GET", `${PATH}/${ownId}`)).json;
    assert.deepEqual([shown.training_file, shown.method.type], ["", "reinforcement"]);
    assert.equal((await it.call("GET", `${PATH}?limit=101`)).status, 400);
    const nobodys = last.id.replace(/.{4}$/, "zzzz");
    const missing = await it.call("POST", `${PATH}/${nobodys}/cancel`);
    assert.deepEqual([missing.status, missing.json.error.message], [404, `No fine-tuning job '${nobodys}'`]);
  }));

Deno.test("what can be refused at once is, with 400 and the field's name", () =>
  served(async (it) => {
    const training_file = await upload(it, rows(3));
    const others = await upload(it, rows(3), "user_data");
    const cases: [Json, string, string, RegExp][] = [
      [{ model: "gpt-4o-mini" }, "model", "model_not_found", /There is no model "gpt-4o-mini".*qwen3/],
      [
        { model: "ft:qwen3:proximal::01k00000000000000000000000" },
        "model",
        "model_not_found",
        /no fine-tuned model/,
      ],
      [{ training_file: "file-none" }, "training_file", "invalid_request", /no file 'file-none'/],
      [
        { training_file: others },
        "training_file",
        "invalid_request",
        /purpose fine-tune, got one of user_data/,
      ],
      [{ validation_file: "file-none" }, "validation_file", "invalid_request", /no file/],
      [{ method: { type: "dpo", dpo: {} } }, "method.type", "unsupported_method", /dpo/],
    ];
    for (const [more, param, code, message] of cases) {
      const { status, json } = await it.call("POST", PATH, reinforcement(training_file, "succeed", more));
      assert.deepEqual([status, json.error.param, json.error.code], [400, param, code], JSON.stringify(json));
      assert.match(json.error.message, message);
    }
    assert.deepEqual((await it.call("GET", PATH)).json.data, []);
    const path = "/v1/fine_tuning/checkpoints/ft:a:proximal::b/permissions";
    assert.equal((await it.call("GET", path)).status, 404);
    for (const tail of ["", "/events", "/checkpoints"]) {
      assert.equal((await it.call("GET", `${PATH}/ftjob-01k00000000000000000000000${tail}`)).status, 404);
    }
  }));

Deno.test("endpoints that name OpenAI's events are told as OpenAI tells, of jobs that never began too", async () => {
  const receiver = new Receiver();
  const client = new OpenAI({ apiKey: "k" });
  try {
    await served(async (it) => {
      it.deliverer.start();
      const types = (await it.call("GET", "/v1/webhook_event_types")).json.data;
      assert.deepEqual(types, ["succeeded", "failed", "cancelled"].map((end) => `fine_tuning.job.${end}`));
      const made = await it.call("POST", "/v1/webhook_endpoints", {
        name: "jobs",
        url: receiver.url,
        event_types: types,
      });
      assert.equal(made.status, 200, made.text);
      const { signing_secret, ...endpoint } = made.json;
      assert.equal(signing_secret.slice(-4), endpoint.signing_secret_hint);
      const plain = await it.call("POST", "/v1/webhooks", { url: `${receiver.url}/own` });
      const shown = (await it.call("GET", "/v1/webhook_endpoints")).json.data;
      assert.deepEqual(shown, [endpoint]);
      assert.equal((await it.call("GET", `/v1/webhook_endpoints/${plain.json.id}`)).status, 404);
      await it.call("DELETE", `/v1/webhooks/${plain.json.id}`);

      const good = await create(it, reinforcement(await upload(it, rows(3)), "succeed"));
      const bad = await create(it, reinforcement(await upload(it, "{}"), "succeed"));
      await reaches(it, good.id, "succeeded");
      await reaches(it, bad.id, "failed");
      await eventually(() => receiver.received.length >= 2);
      const told = await Promise.all(
        receiver.received.map(({ text, headers }) => client.webhooks.unwrap(text, headers, signing_secret)),
      );
      assert.deepEqual(
        new Set(told.map((event) => `${event.type} ${(event.data as Json).id}`)),
        new Set([
          `fine_tuning.job.succeeded ${good.id}`,
          `fine_tuning.job.failed ${bad.id}`,
        ]),
      );
      assert.deepEqual(Object.keys(receiver.received[0]!.body), [
        "id",
        "object",
        "created_at",
        "type",
        "data",
      ]);

      const tested = await it.call("POST", `/v1/webhook_endpoints/${endpoint.id}/test`, {
        event_type: "fine_tuning.job.cancelled",
      });
      assert.deepEqual(tested.json, {
        ...{ object: "webhook_endpoint.test", webhook_endpoint_id: endpoint.id },
        ...{ event_type: "fine_tuning.job.cancelled", status_code: 200, success: true },
      });
      const rotated = await it.app.request(`/v1/webhook_endpoints/${endpoint.id}/rotate_secret`, {
        method: "POST",
        headers: { "content-type": "application/json", "content-length": "0" },
      });
      assert.equal(rotated.status, 200);
      assert.notEqual((await rotated.json()).signing_secret, signing_secret);
      const changed = await it.call("POST", `/v1/webhook_endpoints/${endpoint.id}`, { name: "others" });
      assert.deepEqual(changed.json.name, "others");
      const refused = await it.call("POST", "/v1/webhook_endpoints", {
        ...{ name: "x", url: receiver.url, event_types: ["batch.completed"] },
      });
      assert.deepEqual([refused.status, refused.json.error.param], [400, "event_types.0"]);
      const gone = await it.call("DELETE", `/v1/webhook_endpoints/${endpoint.id}`);
      assert.deepEqual(gone.json, { id: endpoint.id, object: "webhook_endpoint.deleted", deleted: true });
      await it.deliverer.stop();
    });
  } finally {
    await receiver.close();
  }
});
