// OpenAI's client against a server, as one that fine-tunes uses it; OPENAI_BASE_URL and OPENAI_API_KEY say which, and
// OPENAI_PACKAGE what the client's package is called here.
import assert from "node:assert/strict";
import process from "node:process";

const { default: OpenAI, toFile } = await import(process.env.OPENAI_PACKAGE ?? "openai");

const client = new OpenAI({ maxRetries: 0 });
const jobs = client.fineTuning.jobs;

/** All items of a list. Node 20 has no Array.fromAsync. */
const all = async (pages) => {
  const items = [];
  for await (const item of pages) items.push(item);
  return items;
};

const upload = async (rows) => {
  const file = await toFile(
    new TextEncoder().encode(rows.map((row) => JSON.stringify(row)).join("\n")),
    "rows.jsonl",
  );
  return await client.files.create({ file, purpose: "fine-tune" });
};

const ends = async (job, status) => {
  while (!["succeeded", "failed", "cancelled"].includes(job.status)) {
    await new Promise((done) => setTimeout(done, 200));
    job = await jobs.retrieve(job.id);
  }
  assert.equal(job.status, status, JSON.stringify(job.error));
  return job;
};

const refused = (param, code, request) =>
  assert.rejects(jobs.create(request), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.deepEqual([error.param, error.code], [param, code]);
    return true;
  });

const prompts = Array.from({ length: 4 }, (_, n) => ({
  messages: [{ role: "user", content: `Is ${n} even?` }],
  label: "yes",
}));
const file = await upload(prompts);
assert.equal(file.status, "processed");
const grader = {
  type: "string_check",
  name: "exact",
  operation: "ilike",
  input: "{{sample.output_text}}",
  reference: "{{item.label}}",
};
const hyperparameters = { n_epochs: 1, batch_size: 2, compute_multiplier: 0.5 };
let job = await jobs.create({
  ...{ model: "tiny", training_file: file.id, suffix: "even", seed: 1, metadata: { client: "node" } },
  method: {
    type: "reinforcement",
    reinforcement: { grader, hyperparameters, proximal: { ppo: { max_new_tokens: 4 } } },
  },
});
const listed = await all(jobs.list({ metadata: { client: "node" } }));
assert.ok(listed.some(({ id }) => id === job.id));
job = await ends(job, "succeeded");
assert.match(job.fine_tuned_model, /^ft:tiny:proximal:even:/);
const steps = [];
for await (const { type, data } of jobs.listEvents(job.id, { limit: 3 })) {
  if (type === "metrics") steps.push(data.step);
}
assert.deepEqual(steps, [2, 1]);
const checkpoints = await all(jobs.checkpoints.list(job.id));
assert.deepEqual(checkpoints.map(({ step_number }) => step_number), [2]);
const csv = await (await client.files.content(job.result_files[0])).text();
assert.match(csv, /^step,train_mean_reward,valid_mean_reward,/);

const example = { messages: [{ role: "user", content: "a" }, { role: "assistant", content: "b" }] };
const training_file = (await upload(Array(10).fill(example))).id;
// While a long one trains the next does not begin, however soon it is validated.
const long = await jobs.create({
  model: "tiny",
  training_file,
  hyperparameters: { n_epochs: 50, batch_size: 1 },
});
const cancelled = await jobs.create({ model: "tiny", training_file });
assert.equal((await jobs.pause(cancelled.id)).status, "paused");
assert.match((await jobs.resume(cancelled.id)).status, /^(validating_files|queued)$/);
assert.equal((await jobs.cancel(cancelled.id)).status, "cancelled");
await ends(await jobs.cancel(long.id), "cancelled");
await refused("model", "model_not_found", { model: "gpt-4o-mini", training_file });
await refused("training_file", "invalid_request", { model: "tiny", training_file: "file-none" });
await refused("method.type", "unsupported_method", {
  model: "tiny",
  training_file,
  method: { type: "dpo", dpo: {} },
});
assert.equal((await client.files.delete(file.id)).deleted, true);
console.log("done");
