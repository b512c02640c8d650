/** Files of OpenAI's fine-tuning as datasets: what rows become of them, and what is said of those that will not do. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Datasets } from "../../../core/datasets/datasets.ts";
import { readLines } from "../../../core/datasets/read_lines.ts";
import { openDatabase } from "../../../core/db/open_database.ts";
import { UserError } from "../../../core/errors.ts";
import type { FineTuneMethod } from "../../../core/contract/fine_tune_rows.ts";
import { createLogger } from "../../../core/log.ts";
import { engineEnvironment } from "../../../core/processes/engine_environment.ts";
import { inFolder } from "../networks/in_folder.ts";

const jsonl = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");
const ask = (content: unknown, more = {}) => ({ messages: [{ role: "user", content }], ...more });
const say = (content: string, more = {}) => ({
  messages: [{ role: "user", content: "a" }, { role: "assistant", content, ...more }],
});
const ten = Array.from({ length: 10 }, (_, at) => say(String(at)));

interface Derived {
  /** Of the method's files; gives its rows and how many of the last are for validation. */
  derive(
    method: FineTuneMethod,
    training: string,
    validation?: string,
  ): Promise<{ rows: unknown[]; held_out: number }>;
  /** The same, which must fail: its faults, a line each. */
  faults(method: FineTuneMethod, training: string, validation?: string): Promise<string[]>;
}

async function withDatasets(work: (it: Derived, left: () => string[]) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const db = await openDatabase(folder);
    const datasets = new Datasets({
      ...{ db, dataDir: folder, env: engineEnvironment(Deno.env.toObject()), logger: createLogger("silent") },
      ...{ max_bytes: 1_000_000, memory: 8 * 1024 ** 3 },
    });
    const source = async (name: string, text: string) => {
      const path = join(folder, name);
      await Deno.writeTextFile(path, text);
      return { path, bytes: text.length, sha256: createHash("sha256").update(text).digest("hex") };
    };
    const derive = async (method: FineTuneMethod, training: string, validation?: string) => {
      const { dataset, held_out } = await datasets.derive({
        method,
        training: await source("a", training),
        validation: validation === undefined ? null : await source("b", validation),
        ...{ name: "both", owner: null, signal: new AbortController().signal },
      });
      const lines = await readLines(datasets.folder(dataset.id), 0, dataset.rows);
      return { rows: lines.map((line) => JSON.parse(line)), held_out };
    };
    const faults = async (...of: Parameters<typeof derive>) => {
      const thrown = await derive(...of).then(() => null, (error) => error);
      assert.ok(thrown instanceof UserError, `${thrown}`);
      return thrown.errors.map(({ path, message }) => `${path}: ${message}`);
    };
    const left = () => [...Deno.readDirSync(join(folder, "datasets"))].map(({ name }) => name);
    await work({ derive, faults }, left).finally(() => db.close());
  });
}

Deno.test("a reinforcement file becomes prompts whose item is the whole line, validation last", () =>
  withDatasets(async ({ derive }) => {
    const first = ask("Is 1 even?", { label: "no", answer: { deep: [1] }, documents: "mine", prompt: 5 });
    const second = {
      messages: [
        { role: "developer", content: [{ type: "text", text: "Be " }, { type: "text", text: "brief" }] },
        { role: "user", content: "Is 2 even?", name: "ann" },
      ],
      tools: [],
      label: "yes",
    };
    const third = ask("Is 3 even?", { label: "no" });
    assert.deepEqual(await derive("reinforcement", jsonl(first, second) + "\r\n\n", jsonl(third)), {
      rows: [
        { messages: first.messages, item: first },
        {
          messages: [
            { role: "system", content: "Be brief" },
            { role: "user", content: "Is 2 even?", name: "ann" },
          ],
          item: second,
        },
        { messages: third.messages, item: third },
      ],
      held_out: 1,
    });
  }));

Deno.test("a supervised file becomes conversations with their weights, or prompts and completions", () =>
  withDatasets(async ({ derive }) => {
    const weighed = {
      messages: [
        ...[{ role: "user", content: "a" }, { role: "assistant", content: "b", weight: 0 }],
        ...[{ role: "user", content: "c" }, { role: "assistant", content: "d", weight: 1 }],
      ],
    };
    const chat = await derive("supervised", jsonl(weighed, ...ten), jsonl(ten[0]));
    assert.deepEqual([chat.rows[0], chat.rows.length, chat.held_out], [weighed, 12, 1]);
    const plain = Array.from({ length: 10 }, (_, at) => ({ prompt: `${at}?`, completion: ` ${at}` }));
    assert.deepEqual(await derive("supervised", jsonl(...plain)), { rows: plain, held_out: 0 });
  }));

Deno.test("what will not do is told of with the file and the line, and leaves nothing", () =>
  withDatasets(async ({ faults }, left) => {
    const image = [{ type: "image_url", image_url: { url: "x" } }];
    const bad = [
      ...["no json", "[1]", jsonl({ prompt: "a" }), jsonl({ messages: [] })],
      jsonl({ messages: [{ role: "assistant", content: "a" }] }),
      jsonl(ask(image)),
      jsonl(ask("a", { tools: [{ type: "function" }] })),
      jsonl({ messages: [{ role: "tool", content: "a" }] }),
    ].join("\n");
    const told = await faults("reinforcement", bad);
    const places = told.map((fault) => fault.split(": ")[0]);
    assert.deepEqual(
      places,
      [
        ...["json.1", "json.2", "example.3", "example.4", "example.5", "example.6", "example.7", "example.8"],
      ].map((place) => `training_file.${place}`),
    );
    assert.match(told[2]!, /messages: Expected a list, got nothing/);
    assert.match(told[4]!, /messages: Expected a user's message last, got one of role assistant/);
    assert.match(told[5]!, /messages\.0\.content.*images, audio and files are not supported/);
    assert.match(told[6]!, /tools: Not supported/);
    assert.match(told[7]!, /messages\.0\.role: Expected .*got "tool"/);

    const one = (row: unknown) => faults("supervised", jsonl(row, ...ten));
    assert.match(
      (await one(ask("a")))[0]!,
      /^training_file\.example\.1: messages: Expected an assistant's message last/,
    );
    assert.match((await one(say("a", { weight: 0 })))[0]!, /Expected an assistant's message of weight 1/);
    assert.match((await one(say("a", { weight: 2 })))[0]!, /messages\.1\.weight: Expected 0 or 1/);
    assert.match((await one(say("a", { tool_calls: [{}] })))[0]!, /messages\.1\.tool_calls: Not supported/);
    assert.match(
      (await faults("supervised", jsonl(...ten, { prompt: "a", completion: "b" })))[0]!,
      /example\.11: Expected messages/,
    );
    assert.deepEqual(await faults("supervised", jsonl(ten[0])), [
      "training_file.count: Expected at least 10 examples, got 1",
    ]);
    assert.deepEqual(await faults("reinforcement", "", "{"), [
      "training_file.count: Expected at least 1 examples, got 0",
      ...(await faults("reinforcement", jsonl(ask("a")), "{")),
    ]);
    const many = Array.from({ length: 1001 }, () => ask("a"));
    assert.deepEqual(await faults("reinforcement", jsonl(ask("a")), jsonl(...many)), [
      "validation_file.count: Expected at most 1000 examples, got 1001",
    ]);
    assert.deepEqual(left(), []);
  }));
