/** Rollouts and per-token records over HTTP, of jobs whose records were made up. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { eq } from "drizzle-orm";
import { join } from "node:path";
import { jobs } from "../../core/db/schema.ts";
import { recordFile, recordsFolder } from "../../core/formats/record_files.ts";
import {
  addRunning,
  madeStep,
  makeRecords,
  type RecordShape,
  takeStep,
} from "../core/records/make_records.ts";
import { assertProblem, type Served, served } from "./served.ts";

const SHAPE: RecordShape = { steps: 12, steps_per_epoch: 4, rows: 7 };

// deno-lint-ignore no-explicit-any
type Json = any;

/** What a job of this shape has, computed apart from how it is stored. */
function expected(shape: RecordShape) {
  const rollouts: Json[] = [], tokens: Json[] = [];
  for (let step = 1; step <= shape.steps; step++) {
    const made = madeStep(step, shape);
    made.rollouts.forEach((rollout, row) => {
      const place = {
        ...{ rollout_id: `${step}-${row}`, prompt_idx: rollout.prompt_idx, sample_idx: rollout.sample_idx },
        ...{ step, epoch: Math.ceil(step / shape.steps_per_epoch) },
      };
      rollouts.push({ ...rollout, ...place });
      const columns = made.tokens[row]!;
      columns.token_id.forEach((action_token_id, position) => {
        const at = (name: "logprob" | "ref_logprob" | "value" | "reward" | "advantage" | "reward_to_go") =>
          columns[name]![position]!;
        tokens.push({
          state_text: rollout.prompt + rollout.completion.slice(0, 4 * position),
          ...{ action_token: `t${action_token_id}`, action_token_id },
          ...{ logprob: at("logprob"), ref_logprob: at("ref_logprob"), value: at("value") },
          kl_div: at("logprob") - at("ref_logprob"),
          ...{ reward: at("reward"), advantage: at("advantage"), reward_to_go: at("reward_to_go") },
          ...{ ...place, position },
        });
      });
    });
  }
  return { rollouts, tokens };
}

const ALL = expected(SHAPE);

const query = (given: Record<string, unknown>) =>
  new URLSearchParams(
    Object.entries(given).filter(([, value]) => value !== undefined).map((
      [name, value],
    ) => [name, `${value}`]),
  ).toString();

/** All pages of a list. */
async function pages({ call }: Served, path: string, given: Record<string, unknown>): Promise<Json[]> {
  const items: Json[] = [];
  let after: string | undefined;
  for (;;) {
    const { status, json, text } = await call("GET", `${path}?${query({ ...given, after })}`);
    assert.equal(status, 200, text);
    assert.ok(json.data.length <= Number(given.limit ?? 100));
    items.push(...json.data);
    assert.equal(json.has_more, json.next_cursor !== null);
    if (!json.has_more) return items;
    after = json.next_cursor;
  }
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

Deno.test("GET …/rollouts gives each rollout once, by any filters, in any order, in pages of any size", () =>
  served(async (it) => {
    const { id } = await makeRecords(it.db, it.folder, SHAPE);
    const path = `/v1/training-jobs/${id}/rollouts`;
    assert.deepEqual(await pages(it, path, {}), ALL.rollouts);
    const score = fc.integer({ min: -55, max: 55 }).map((tenths) => tenths / 10);
    const filters = fc.record({
      ...{ epoch: maybe(fc.integer({ min: 1, max: 4 })), step: maybe(fc.integer({ min: 1, max: 13 })) },
      ...{
        prompt: maybe(fc.integer({ min: 0, max: 3 })),
        min_reward: maybe(score),
        max_reward: maybe(score),
      },
      order: fc.constantFrom("step", "-step", "reward", "-reward", "length", "-length"),
      limit: fc.integer({ min: 1, max: 40 }),
    });
    const key: Record<string, (rollout: Json) => number> = {
      step: () => 0,
      reward: ({ score }) => score,
      length: ({ completion_tokens }) => completion_tokens,
    };
    await fc.assert(
      fc.asyncProperty(filters, async (given) => {
        const { epoch, step, prompt, min_reward = -Infinity, max_reward = Infinity, order } = given;
        const value = key[order.replace("-", "")]!;
        const wanted = ALL.rollouts.filter((one) =>
          (epoch ?? one.epoch) === one.epoch && (step ?? one.step) === one.step &&
          (prompt ?? one.prompt_idx) === one.prompt_idx && one.score >= min_reward && one.score <= max_reward
        ).toSorted((a, b) => value(a) - value(b));
        if (order.startsWith("-")) wanted.reverse();
        // Sorting is stable and its reverse too, as numbers of equal ones go down with it.
        assert.deepEqual(await pages(it, path, given), wanted);
      }),
      { numRuns: 40 },
    );
  }));

Deno.test("GET …/attributions gives each token once, by any filters, in pages of any size", () =>
  served(async (it) => {
    const { id } = await makeRecords(it.db, it.folder, SHAPE);
    const path = `/v1/training-jobs/${id}/attributions`;
    assert.deepEqual(await pages(it, path, { limit: 1000 }), ALL.tokens);
    const rollout = fc.constantFrom(...ALL.rollouts).map(({ rollout_id }) => rollout_id as string);
    const filters = fc.record({
      ...{ epoch: maybe(fc.integer({ min: 1, max: 4 })), step: maybe(fc.integer({ min: 1, max: 13 })) },
      ...{ prompt: maybe(fc.integer({ min: 0, max: 3 })), rollout: maybe(rollout) },
      ...{ limit: fc.integer({ min: 1, max: 90 }), state_text: fc.boolean() },
    });
    await fc.assert(
      fc.asyncProperty(filters, async (given) => {
        const { epoch, step, prompt, rollout, state_text } = given;
        const wanted = ALL.tokens.filter((one) =>
          (epoch ?? one.epoch) === one.epoch && (step ?? one.step) === one.step &&
          (prompt ?? one.prompt_idx) === one.prompt_idx && (rollout ?? one.rollout_id) === one.rollout_id
        ).map(({ state_text: text, ...rest }) => state_text ? { state_text: text, ...rest } : rest);
        assert.deepEqual(await pages(it, path, given), wanted);
      }),
      { numRuns: 30 },
    );
  }));

/** RFC 4180. */
function parseCsv(text: string): string[][] {
  const cells = [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)];
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of cells) {
    rows.at(-1)!.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

Deno.test("all records come as lines or as a table, as the request says, with the same filters", () =>
  served(async (it) => {
    const { id } = await makeRecords(it.db, it.folder, SHAPE);
    const path = `/v1/training-jobs/${id}`;
    const lines = (text: string) => text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
    const ndjson = await it.call("GET", `${path}/attributions`, undefined, {
      accept: "application/x-ndjson",
    });
    assert.equal(ndjson.headers.get("content-type"), "application/x-ndjson");
    assert.match(ndjson.headers.get("vary")!, /accept/);
    assert.deepEqual(lines(ndjson.text), ALL.tokens);
    const best = lines((await it.call("GET", `${path}/rollouts?format=ndjson&order=-reward&epoch=2`)).text);
    assert.deepEqual(
      best.map(({ score }) => score),
      ALL.rollouts.filter(({ epoch }) => epoch === 2)
        .map(({ score }) => score).sort((a, b) => b - a),
    );

    const { text, headers } = await it.call("GET", `${path}/rollouts?format=csv`);
    assert.match(headers.get("content-disposition")!, /rollouts\.csv/);
    const [head, ...rows] = parseCsv(text);
    assert.ok(head!.includes("rewards/length") && head!.includes("completion"));
    assert.deepEqual(
      rows.map((row) => Object.fromEntries(head!.map((name, at) => [name, row[at]]))),
      ALL.rollouts.map(({ rewards, ...one }) =>
        Object.fromEntries(
          Object.entries({ ...one, "rewards/length": rewards.length }).map((
            [name, value],
          ) => [name, `${value}`]),
        )
      ),
    );
    const tokens = parseCsv((await it.call("GET", `${path}/attributions?format=csv&state_text=false`)).text);
    assert.ok(!tokens[0]!.includes("state_text"));
    assert.equal(tokens.length, ALL.tokens.length + 1);
  }));

Deno.test("Parquet that another program reads has every record, exactly, in row groups of any number", () =>
  served(async (it) => {
    const { parquetReadObjects, parquetMetadata } = await import("hyparquet");
    const shape = { steps: 30, steps_per_epoch: 10, rows: 20, tokens: 8 };
    const { rollouts, tokens } = expected(shape);
    const { id } = await makeRecords(it.db, it.folder, shape);
    const read = async (path: string, headers?: Record<string, string>) => {
      const response = await it.app.request(`/v1/training-jobs/${id}/${path}`, { headers });
      assert.equal(response.headers.get("content-type"), "application/vnd.apache.parquet");
      const file = await response.arrayBuffer();
      return { file, rows: await parquetReadObjects({ file }) };
    };
    const all = await read("attributions", { accept: "application/vnd.apache.parquet" });
    assert.ok(parquetMetadata(all.file).row_groups.length > 1);
    assert.deepEqual(all.rows, tokens);
    const short = await read("attributions?format=parquet&state_text=false&step=3");
    assert.deepEqual(
      short.rows,
      tokens.filter(({ step }) => step === 3).map(({ state_text: _, ...rest }) => rest),
    );
    assert.deepEqual(
      (await read("rollouts?format=parquet")).rows,
      rollouts.map(({ rewards, ...rest }) => ({ ...rest, "rewards/length": rewards.length })),
    );
    assert.deepEqual((await read("rollouts?format=parquet&step=99")).rows, []);
  }));

Deno.test("a number that there is none of is null in every format", () =>
  served(async (it) => {
    const { parquetReadObjects } = await import("hyparquet");
    const job = await addRunning(it.db, { steps: 1, steps_per_epoch: 1 });
    const made = madeStep(1, { steps: 1, steps_per_epoch: 1, rows: 2, tokens: 2 });
    // A method without a critic, and a run that has come apart.
    made.tokens.forEach((row) => {
      row.value = null;
      row.logprob![0] = NaN;
      row.advantage![1] = -Infinity;
    });
    made.rollouts[0]!.score = NaN;
    await takeStep(it.db, it.folder, job, 1, made);
    const path = `/v1/training-jobs/${job.id}`;
    const { json } = await it.call("GET", `${path}/attributions`);
    for (const [at, token] of json.data.entries()) {
      assert.equal(token.value, null);
      assert.equal(token.logprob === null, at % 2 === 0);
      assert.equal(token.kl_div === null, at % 2 === 0);
      assert.equal(token.advantage === null, at % 2 === 1);
    }
    const file = await (await it.app.request(`${path}/attributions?format=parquet`)).arrayBuffer();
    assert.deepEqual(await parquetReadObjects({ file }), json.data);
    const [head, ...rows] = parseCsv((await it.call("GET", `${path}/attributions?format=csv`)).text);
    assert.deepEqual(rows.map((row) => row[head!.indexOf("value")]), ["", "", "", ""]);
    assert.equal((await it.call("GET", `${path}/rollouts`)).json.data[0].score, null);
    const byReward = (await it.call("GET", `${path}/rollouts?order=reward`)).json;
    assert.deepEqual(byReward.data.map(({ rollout_id }: Json) => rollout_id), ["1-1"]);
  }));

Deno.test("one rollout is found by its id", () =>
  served(async (it) => {
    const job = await makeRecords(it.db, it.folder, { steps: 3, steps_per_epoch: 1, rows: 4 });
    const path = `/v1/training-jobs/${job.id}/rollouts`;
    const ids = async (query: string) =>
      (await it.call("GET", `${path}?${query}`)).json.data.map(({ rollout_id }: Json) => rollout_id);
    assert.deepEqual(await ids("rollout=2-3"), ["2-3"]);
    assert.deepEqual(await ids("rollout=2-3&step=2&order=-reward"), ["2-3"]);
    for (const query of ["rollout=2-4", "rollout=4-0", "rollout=2-3&step=1"]) {
      assert.deepEqual(await ids(query), [], query);
    }
    assertProblem(await it.call("GET", `${path}?rollout=2`), 422, "invalid_request", "rollout");
  }));

Deno.test("a job without records yet has empty pages and tables; one that can have none answers 404 and says why", () =>
  served(async (it) => {
    const none = await addRunning(it.db, SHAPE);
    for (const part of ["rollouts", "attributions"]) {
      const path = `/v1/training-jobs/${none.id}/${part}`;
      assert.deepEqual((await it.call("GET", path)).json, {
        ...{ data: [], has_more: false, next_cursor: null, dropped: null },
      });
      assert.equal((await it.call("GET", `${path}?format=ndjson`)).text, "");
      assert.match((await it.call("GET", `${path}?format=csv`)).text, /^\w+(,\w+)+\r\n$/);
      assert.equal((await it.call("GET", `${path}?format=parquet`)).text.slice(0, 4), "PAR1");
      assertProblem(await it.call("GET", `/v1/training-jobs/job_none/${part}`), 404, "not_found");
      const off = await addRunning(it.db, SHAPE, { records: { rollouts: "none" } });
      const answer = await it.call("GET", `/v1/training-jobs/${off.id}/${part}`);
      assertProblem(answer, 404, "not_found");
      assert.match(answer.json.detail, /records\.rollouts is none/);
      await it.db.write((tx) =>
        tx.update(jobs).set({ config: { kind: "sft", model: "m", epochs: 1 } as never, kind: "sft" })
          .where(eq(jobs.id, off.id))
      );
      const other = await it.call("GET", `/v1/training-jobs/${off.id}/${part}`);
      assertProblem(other, 404, "not_found");
      assert.match(other.json.detail, /kind sft/);
    }
    const { id } = await makeRecords(it.db, it.folder, SHAPE, { records: { tokens: false } });
    const answer = await it.call("GET", `/v1/training-jobs/${id}/attributions`);
    assertProblem(answer, 404, "not_found");
    assert.match(answer.json.detail, /records\.tokens is false/);
    assert.equal((await pages(it, `/v1/training-jobs/${id}/rollouts`, {})).length, ALL.rollouts.length);
  }));

Deno.test("answers say which records were removed, and leave out what is gone", () =>
  served(async (it) => {
    const { id } = await makeRecords(it.db, it.folder, SHAPE, { records: { tokens: { last_epochs: 1 } } });
    const path = `/v1/training-jobs/${id}`;
    assert.deepEqual((await it.call("GET", `${path}/attributions`)).json.dropped, { before_step: 9 });
    assert.equal((await it.call("GET", `${path}/rollouts`)).json.dropped, null);
    assert.deepEqual(
      await pages(it, `${path}/attributions`, { limit: 33 }),
      ALL.tokens.filter(({ step }) => step >= 9),
    );
    assert.deepEqual((await it.call("GET", `${path}/attributions?step=3`)).json.data, []);
    // A file that goes while somebody reads is as one that is gone.
    await Deno.remove(join(recordsFolder(it.folder, id), recordFile(10, "tokens")));
    await Deno.remove(join(recordsFolder(it.folder, id), recordFile(11, "rollouts")));
    assert.deepEqual(
      await pages(it, `${path}/attributions`, { limit: 34 }),
      ALL.tokens.filter(({ step }) => step === 9 || step === 12),
    );
    assert.deepEqual(
      await pages(it, `${path}/rollouts`, { limit: 10, order: "reward" }),
      ALL.rollouts.filter(({ step }) => step !== 11).sort((a, b) => a.score - b.score),
    );
  }));

Deno.test("a damaged file is a fault that is named, without a path", () =>
  served(async (it) => {
    const { id } = await makeRecords(it.db, it.folder, SHAPE);
    await Deno.truncate(join(recordsFolder(it.folder, id), recordFile(1, "tokens")), 100);
    for (const query of ["", "?format=ndjson", "?format=parquet"]) {
      const answer = await it.call("GET", `/v1/training-jobs/${id}/attributions${query}`);
      assertProblem(answer, 500, "damaged_data");
      assert.match(answer.json.detail, /step 1's tokens/);
    }
    assert.equal((await it.call("GET", `/v1/training-jobs/${id}/attributions?step=2`)).status, 200);
  }));

Deno.test("parameters that are wrong are refused by name", () =>
  served(async (it) => {
    const { id } = await makeRecords(it.db, it.folder, { steps: 1, steps_per_epoch: 1, rows: 1 });
    const wrong = {
      rollouts: [
        ...["epoch=0", "step=-1", "prompt=x", "min_reward=much", "order=best", "limit=101", "limit=0"],
        ...["after=1", "after=1_x", "after=NaN_1", "format=xml", "state_text=true"],
      ],
      attributions: ["rollout=1", "rollout=a-b", "state_text=maybe", "limit=1001", "after=1-1", "order=step"],
    };
    for (const [part, queries] of Object.entries(wrong)) {
      for (const given of queries) {
        const answer = await it.call("GET", `/v1/training-jobs/${id}/${part}?${given}`);
        assertProblem(answer, 422, "invalid_request");
        assert.match(answer.text, new RegExp(given.split("=")[0]!), given);
      }
    }
    for (const cursor of ["Infinity_1", "-Infinity_9", "1.5e21_3", "-2e-7_4"]) {
      const { status } = await it.call(
        "GET",
        `/v1/training-jobs/${id}/rollouts?order=reward&after=${cursor}`,
      );
      assert.equal(status, 200, cursor);
    }
  }));

Deno.test("a page with much text ends early, and whoever goes on has all", () =>
  served(async (it) => {
    const shape = { steps: 2, steps_per_epoch: 1, rows: 20, tokens: 3, prompt: 200_000 };
    const { id } = await makeRecords(it.db, it.folder, shape);
    for (const part of ["rollouts", "attributions"]) {
      const { json, text } = await it.call("GET", `/v1/training-jobs/${id}/${part}?limit=100`);
      assert.ok(json.has_more && json.data.length < 40, part);
      assert.ok(text.length < 8_000_000, `${part}: ${text.length}`);
    }
    const all = expected(shape);
    assert.deepEqual(await pages(it, `/v1/training-jobs/${id}/rollouts`, { limit: 100 }), all.rollouts);
    assert.deepEqual(await pages(it, `/v1/training-jobs/${id}/attributions`, { limit: 100 }), all.tokens);
  }));

Deno.test("a client that goes away leaves no file open, and HEAD reads nothing", () =>
  served(async (it) => {
    const { id } = await makeRecords(it.db, it.folder, {
      steps: 20,
      steps_per_epoch: 5,
      rows: 400,
      tokens: 40,
    });
    const path = `/v1/training-jobs/${id}/attributions?format=`;
    const open = () =>
      Deno.build.os === "linux"
        ? [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
          try {
            return Deno.readLinkSync(`/proc/self/fd/${name}`).includes(".tokens.safetensors");
          } catch {
            return false;
          }
        }).length
        : 0;
    for (const format of ["ndjson", "csv", "parquet"]) {
      const response = await it.app.request(path + format);
      const reader = response.body!.getReader();
      await reader.read();
      await reader.cancel();
      assert.equal(open(), 0, format);
      const head = await it.app.request(path + format, { method: "HEAD" });
      assert.deepEqual([head.status, (await head.arrayBuffer()).byteLength], [200, 0]);
      assert.equal(open(), 0, format);
    }
  }));
