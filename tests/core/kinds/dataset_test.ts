/** Jobs of every kind on a dataset: what is planned is what a request with the same rows plans. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ROWS_FIELDS } from "../../../core/contract/job_rows.ts";
import {
  JOB_KINDS,
  type JobKind,
  type TrainingJobRequest,
  trainingJobSchema,
} from "../../../core/contract/training_job.ts";
import { planJob } from "../../../core/kinds/plan_job.ts";
import { inFolder } from "../networks/in_folder.ts";
import { fixtureFolder } from "../networks/tiny_models.ts";
import { writeDataset } from "../train/write_dataset.ts";

type Row = Record<string, string>;

/** For each kind: rows as a request has them, the rest of it, and what the dataset calls its columns. */
const CASES: Record<JobKind, { rows: Row[]; rest: object; called: Record<string, string> }> = {
  ppo: {
    rows: [{ text: "The quick" }, { text: "I" }, { text: "Write a short summary" }],
    rest: { reward: { type: "length", target: 3 } },
    called: { text: "question" },
  },
  evaluation: {
    rows: [{ text: "The quick" }, { text: "I" }],
    rest: { reward: { type: "length", target: 3 } },
    called: { text: "question" },
  },
  sft: {
    rows: [{ prompt: "The", completion: " quick" }, { prompt: "I", completion: " have it all" }],
    rest: { held_out: 1 },
    called: { completion: "answer" },
  },
  reward_model: {
    rows: [
      { prompt: "The", chosen: " quick", rejected: " slow" },
      { prompt: "I", chosen: " am", rejected: " is it" },
      { prompt: "A", chosen: " b", rejected: " c" },
    ],
    rest: { held_out: 1 },
    called: { chosen: "better.text", rejected: "worse" },
  },
};

/** An object with the value at a path of names. */
function nested(path: string, value: unknown): Record<string, unknown> {
  const [first, ...rest] = path.split(".");
  return { [first!]: rest.length === 0 ? value : nested(rest.join("."), value) };
}

for (const kind of JOB_KINDS) {
  const { rows, rest, called } = CASES[kind];
  Deno.test(`a job of kind ${kind} plans the same on a dataset as on a request's rows`, () =>
    inFolder(async (parent) => {
      const field = ROWS_FIELDS[kind];
      const parse = (more: object) =>
        trainingJobSchema.parse({ kind, model: "fixture", ...rest, ...more } as TrainingJobRequest);
      const folders = { model: fixtureFolder("qwen3"), rewards: {} };
      const inline = await planJob(parse({ [field]: rows }), folders);
      const dataset = await writeDataset(
        parent,
        rows.map((row) =>
          Object.assign({}, ...Object.entries(row).map(([name, cell]) => nested(called[name] ?? name, cell)))
        ),
      );
      const job = parse({ dataset: "ds_01k0000000000000000000000a", columns: called });
      const surveys = join(parent, "surveys");
      const stored = [
        await planJob(job, { ...folders, dataset, surveys }),
        await planJob(job, { ...folders, dataset, surveys }), // by what the first has kept
      ];
      const known = ({ plan }: { plan: typeof inline.plan }) => {
        const { available_bytes: _, machine_bytes: __, ...estimate } = plan.estimate;
        return { ...plan, estimate };
      };
      for (const one of stored) assert.deepEqual(known(one), known(inline));
      assert.equal([...Deno.readDirSync(surveys)].length, 1);
    }));
}
