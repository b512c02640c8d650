/** Jobs whose prompts are a dataset's: the same bytes as of a request's, each row read when it is wanted. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../../core/errors.ts";
import type { TrainingJobRequest } from "../../../../core/contract/training_job.ts";
import { planJob } from "../../../../core/kinds/plan_job.ts";
import { trainJob } from "../../../../core/kinds/train_job.ts";
import { TextWork } from "../../../../core/serve/text_work.ts";
import { findResumable, jobIdentity } from "../../../../core/train/training_state.ts";
import { inFolder } from "../../networks/in_folder.ts";
import { makeJob } from "../../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../../networks/tiny_models.ts";
import { allRows } from "../../train/all_rows.ts";
import { writeDataset } from "../../train/write_dataset.ts";

const ID = "ds_01k0000000000000000000000a";
const PROMPTS = ["The quick", "TL;DR: my", "I have", "Write a short summary", "Once"];
const ROWS = PROMPTS.map((question, index) => ({ question, label: index }));
const MODEL = fixtureFolder("qwen3");
const ON_DATASET = { prompts: [], dataset: ID, columns: { prompt: "question" } };

type PpoRequest = Partial<Extract<TrainingJobRequest, { kind: "ppo" }>>;

const jobOn = (given: PpoRequest = {}) => makeJob({ ...ON_DATASET, ...given });

/** Hashes of the files of each checkpoint that a job writes. */
async function trained(job: ReturnType<typeof makeJob>, folders: Record<string, string>) {
  const written: { folder: string; files: unknown }[] = [];
  const events = trainJob(runtime, { job, folders: { model: MODEL, rewards: {}, output: "", ...folders } });
  for await (const event of events) {
    if (event.type === "checkpoint") written.push({ folder: event.folder, files: event.files });
  }
  return written;
}

Deno.test("a job on a dataset gives the bytes of one whose request holds the rows", () =>
  inFolder(async (parent) => {
    const dataset = await writeDataset(parent, ROWS);
    const ppo = { batch_size: 2, max_new_tokens: 4, num_ppo_epochs: 1 };
    const inline = await trained(makeJob({ prompts: PROMPTS, ppo }), { output: join(parent, "inline") });
    const surveys = join(parent, "surveys");
    const stored = await trained(jobOn({ ppo }), { output: join(parent, "stored"), dataset, surveys });
    assert.equal(inline.length, 1);
    assert.deepEqual(stored.map(({ files }) => files), inline.map(({ files }) => files));
    // And who goes on with it must have the same rows.
    const sources = { model: MODEL, dataset };
    const wanted = { job: jobIdentity(jobOn({ ppo })), sources, steps: 3 };
    const { found } = await findResumable([stored[0]!.folder], wanted, () => {});
    assert.equal(found?.at.state.step, 3);
    const changed = await writeDataset(
      parent,
      [...ROWS.slice(1), { question: "Other", label: 9 }],
      "changed",
    );
    const why: string[] = [];
    const other = { ...wanted, sources: { ...sources, dataset: changed } };
    await findResumable([stored[0]!.folder], other, (_, error) => why.push(String(error)));
    assert.match(why[0]!, /files of the job's dataset/);
  }));

Deno.test("what is found out of a dataset's rows is kept, by tokenizer, rows and columns", () =>
  inFolder(async (parent) => {
    const dataset = await writeDataset(parent, ROWS);
    const folders = { model: MODEL, rewards: {}, dataset, surveys: join(parent, "surveys") };
    const { plan, work } = await planJob(jobOn(), folders);
    const inline = await planJob(makeJob({ prompts: PROMPTS }), { model: MODEL, rewards: {} });
    assert.deepEqual(plan.prompt_tokens, inline.plan.prompt_tokens);
    assert.deepEqual(plan.estimate.memory_bytes, inline.plan.estimate.memory_bytes);
    assert.deepEqual(allRows(work.prompts), allRows(inline.work.prompts));
    const [kept, ...more] = [...Deno.readDirSync(folders.surveys)].map(({ name }) => name);
    assert.deepEqual(more, []);
    const path = join(folders.surveys, kept!);
    const survey = JSON.parse(Deno.readTextFileSync(path));
    assert.equal(survey.rows, ROWS.length);
    // Nobody looks at the rows again: what the file says is believed.
    survey.measures.tokens.min = 1;
    Deno.writeTextFileSync(path, JSON.stringify(survey));
    assert.equal((await planJob(jobOn({ ppo: { batch_size: 2 } }), folders)).plan.prompt_tokens.min, 1);
    // A look that was cut off goes on with the rows that are left.
    Deno.writeTextFileSync(path, JSON.stringify({ rows: 5 - 1, measures: { ...survey.measures } }));
    assert.equal((await planJob(jobOn(), folders)).plan.prompt_tokens.min, 1);
    assert.equal(JSON.parse(Deno.readTextFileSync(path)).rows, ROWS.length);
    // Other columns are other rows, and a damaged file is none.
    const labels = jobOn({ columns: { prompt: "label" } });
    assert.equal((await planJob(labels, folders)).plan.prompt_tokens.max, 1);
    assert.equal([...Deno.readDirSync(folders.surveys)].length, 2);
    Deno.writeTextFileSync(path, "{");
    assert.deepEqual((await planJob(jobOn(), folders)).plan.prompt_tokens, plan.prompt_tokens);
  }));

Deno.test("a look at the rows ends when it is cancelled, and keeps what it has found", () =>
  inFolder(async (parent) => {
    const rows = Array.from({ length: 3000 }, (_, index) => ({ prompt: `Row ${index}` }));
    const dataset = await writeDataset(parent, rows);
    const folders = { model: MODEL, rewards: {}, dataset, surveys: join(parent, "surveys") };
    const stop = new AbortController();
    let turns = 0;
    const text = new TextWork((work) => {
      if (work === "texts" && ++turns === 3) stop.abort(new UserError("cancelled", "No more"));
    }, stop.signal);
    await assert.rejects(planJob(jobOn({ columns: null }), folders, undefined, text), /No more/);
    const [file] = [...Deno.readDirSync(folders.surveys)];
    const { rows: looked } = JSON.parse(Deno.readTextFileSync(join(folders.surveys, file!.name)));
    assert.ok(looked > 0 && looked < 3000, `${looked} rows`);
    const { plan } = await planJob(jobOn({ columns: null }), folders);
    assert.equal(plan.steps_per_epoch, 750);
  }));

Deno.test("a row that will not do is told of by its number", () =>
  inFolder(async (parent) => {
    let count = 0;
    const refused = async (
      rows: Record<string, unknown>[],
      given: PpoRequest,
      path: string,
      words: RegExp,
    ) => {
      const dataset = await writeDataset(parent, rows, `dataset-${count++}`);
      const folders = { model: MODEL, rewards: {}, dataset, surveys: join(parent, "surveys") };
      const thrown = await planJob(jobOn({ columns: null, ...given }), folders).then(
        () => assert.fail(`Expected a refusal at ${path}`),
        (error) => error,
      );
      assert.ok(thrown instanceof UserError, String(thrown?.stack));
      assert.equal(thrown.errors[0]!.path, path, thrown.message);
      assert.match(thrown.message, words);
    };
    const good = { prompt: "The", answer: "fox" };
    await refused([good, { prompt: "" }], {}, "dataset.rows.1.text", /at least 1 character/);
    await refused([good, { other: "x" }, good], {}, "dataset.rows.1.text", /got nothing/);
    const long = { prompt: "The quick brown fox ".repeat(200) };
    await refused([good, long], {}, "dataset.rows.1", /within the model's context/);
    const short = { ppo: { max_new_tokens: 100 } };
    const fits = { prompt: "a".repeat(450) };
    await refused([good, fits, good], short, "dataset.rows.1", /within the model's context/);
    const exact = { reward: { type: "exact_match" } } as const;
    await refused([good, good, { prompt: "The" }], exact, "dataset.rows.2.answer", /Expected an answer/);
    await refused([good], { columns: { prompt: "question" } }, "columns.prompt", /no column 'question'/);
  }));

Deno.test("a grader reads the whole row of a dataset, columns that nothing else reads among it", () =>
  inFolder(async (parent) => {
    const dataset = await writeDataset(parent, ROWS.map((row) => ({ ...row, deep: { note: ["kept"] } })));
    const check = (input: string, reference: string) => ({
      ...{ type: "string_check", operation: "eq", input, reference } as const,
    });
    const grader = {
      type: "multi" as const,
      graders: {
        deep: check("{{ item.deep.note[0] }}", "kept"),
        label: check("{{ item.label }}", "{{ item.label }}"),
      },
      calculate_output: "deep + label",
    };
    const job = jobOn({
      ppo: { batch_size: 5, max_new_tokens: 2, num_ppo_epochs: 1 },
      reward: { type: "grader", grader },
    });
    const folders = { model: MODEL, rewards: {}, output: join(parent, "out"), dataset };
    const scores: unknown[] = [];
    for await (const event of trainJob(runtime, { job, folders })) {
      if (event.type === "step") {
        scores.push(event.metrics["reward/grader/mean"], event.metrics["reward/grader.deep/failed"]);
      }
    }
    assert.deepEqual(scores, [2, 0]);
  }));
