/** Rollouts and per-token records over HTTP, of jobs whose records were made up. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { eq } from "drizzle-orm";
import { join } from "node:path";
import { jobs } from "../../core/db/schema.ts";
import { recordFile, recordsFolder } from "../../core/formats/record_files.ts";
import { addRunning, madeStep, makeRecords, type RecordShape } from "../core/records/make_records.ts";
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
    Object.entries(given).filter(([, value]) => value !== undefined).map(([name, value]) => [name, `${value}`]),
  ).toString();

/** All pages of a list. */
async function pages({ call }: Served, path: string, given: Record<string, unknown>): Promise<Json[]> {
  const items: Json[] = [];
  for (let after: string | undefined;;) {
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
      ...{ prompt: maybe(fc.integer({ min: 0, max: 3 })), min_reward: maybe(score), max_reward: maybe(score) },
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
    const ndjson = await it.call("GET", `${path}/attributions`, undefined, { accept: "application/x-ndjson" });
    assert.equal(ndjson.headers.get("content-type"), "application/x-ndjson");
    assert.match(ndjson.headers.get("vary")!, /accept/);
    assert.deepEqual(lines(ndjson.text), ALL.tokens);
    const best = lines((await it.call("GET", `${path}/rollouts?format=ndjson&order=-reward&epoch=2`)).text);
    assert.deepEqual(best.map(({ score }) => score), ALL.rollouts.filter(({ epoch }) => epoch === 2)
      .map(({ score }) => score).sort((a, b) => b - a));

    const { text, headers } = await it.call("GET", `${path}/rollouts?format=csv`);
    assert.match(headers.get("content-disposition")!, /rollouts\.csv/);
    const [head, ...rows] = parseCsv(text);
    assert.ok(head!.includes("rewards/length") && head!.includes("completion"));
    assert.deepEqual(
      rows.map((row) => Object.fromEntries(head!.map((name, at) => [name, row[at]]))),
      ALL.rollouts.map(({ rewards, ...one }) =>
        Object.fromEntries(
          Object.entries({ ...one, "rewards/length": rewards.length }).map(([name, value]) => [name, `${value}`]),
        )
      ),
    );
    const tokens = parseCsv((await it.call("GET", `${path}/attributions?format=csv&state_text=false`)).text);
    assert.ok(!tokens[0]!.includes("state_text"));
    assert.equal(tokens.length, ALL.tokens.length + 1);
  }));
