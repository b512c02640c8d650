/** The engine as a process: real models behind NDJSON. */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineCommand } from "../../../core/processes/engine_command.ts";
import { EngineProcess } from "../../../core/processes/engine_process.ts";
import { readLines } from "../../../core/contract/ndjson.ts";
import type { Message } from "../../../core/contract/protocol.ts";
import type { TrainingEvent } from "../../../core/contract/training_events.ts";
import { generationSchema } from "../../../core/contract/generation.ts";
import { scoreSchema } from "../../../core/contract/score.ts";
import { trainJob } from "../../../core/kinds/train_job.ts";
import { UserError } from "../../../core/errors.ts";
import { createLogger } from "../../../core/log.ts";
import { within } from "../../kernels/within.ts";
import { PATIENCE_MS } from "../jobs/supervised.ts";
import { inFolder } from "../networks/in_folder.ts";
import { KINDS, makeJob } from "../networks/make_learner.ts";
import { fixtureFolder, fixtureRows, runtime } from "../networks/tiny_models.ts";
import { hashes } from "../serve/hashes.ts";
import { copyModel } from "../serve/model_copies.ts";
import { checkTraining } from "./training_contract.ts";

const FOLDERS = { model: fixtureFolder("qwen3"), rewards: {} };
const PPO = { max_new_tokens: 6, batch_size: 4, learning_rate: 1e-3 } as const;
const ENV = { HOME: Deno.env.get("HOME") ?? "/", PATH: Deno.env.get("PATH") ?? "", THREADS: "2" };

function start(
  lines: string[] = [],
  env: Record<string, string> = {},
  deadlines: { text_ms?: number } = {},
): EngineProcess {
  return new EngineProcess({
    command: engineCommand({ read: [], write: [tmpdir()] }),
    env: { ...ENV, ...env },
    logger: createLogger("debug", {}, (line) => lines.push(line)),
    start_timeout_ms: PATIENCE_MS,
    ...deadlines,
  });
}

const generation = generationSchema.parse({
  model: "m",
  prompts: ["The quick"],
  max_new_tokens: 8,
  logprobs: true,
});

Deno.test("one process checks, trains, generates and scores, and its checkpoint has the bytes of this process's", () =>
  inFolder(async (parent) => {
    const engine = start();
    const job = makeJob({ ...KINDS["lora, separate"], epochs: 2, ppo: PPO, seed: 9 });
    const folders = { ...FOLDERS, output: join(parent, "there") };
    const plan = await engine.request({ type: "check", job, folders: FOLDERS });
    assert.equal(plan.steps, 2);
    const events: TrainingEvent[] = [];
    const summary = await engine.request({ type: "train", job, folders }, (event) => {
      events.push(event);
    });
    checkTraining(events, 2);
    assert.deepEqual(summary.progress, events.findLast((event) => event.type === "epoch")!.progress);
    const here = { ...FOLDERS, output: join(parent, "here") };
    for await (const _ of trainJob(runtime, { job, folders: here }));
    assert.deepEqual(await hashes(folders.output), await hashes(here.output));

    const checkpoint = join(folders.output, "epoch-0002");
    const { data: [text] } = await engine.request({
      type: "generate",
      request: generation,
      folders: { ...FOLDERS, checkpoint },
    });
    const { sequences: [row], expected, tolerance } = await fixtureRows("qwen3");
    const items = [{
      prompt_token_ids: Array.from(row!.prompt_ids),
      completion_token_ids: Array.from(row!.response_ids),
    }];
    const { data: [scored] } = await engine.request({
      type: "score",
      request: scoreSchema.parse({ model: "m", items }),
      folders: { ...FOLDERS, checkpoint },
    });
    within(
      scored!.tokens!.map((token) => token.ref_logprob),
      expected("logprobs")[0]!,
      tolerance,
      "reference",
    );
    assert.ok(scored!.tokens!.every(({ value }) => Number.isFinite(value)));
    assert.equal(text!.logprobs!.length, text!.token_ids.length);
    assert.deepEqual(await engine.stop(PATIENCE_MS), { code: 0, signal: null });
  }));

Deno.test("a process on a CPU without VNNI trains in 8 bits to the same bytes; without exact products it refuses", () =>
  inFolder(async (parent) => {
    const job = makeJob({ ...KINDS["lora, separate"], base_precision: "int8", ppo: PPO });
    const output = (name: string) => join(parent, name);
    for (const inexact of ["", "int8"]) {
      const engine = start([], { INEXACT_INT8: inexact });
      await engine.request({ type: "train", job, folders: { ...FOLDERS, output: output(`not ${inexact}`) } });
      await engine.stop(PATIENCE_MS);
    }
    assert.deepEqual(await hashes(output("not int8")), await hashes(output("not ")));

    const engine = start([], { INEXACT_INT8: "int8,uint8" });
    const folders = { ...FOLDERS, output: output("none") };
    for (
      const command of [{ type: "check", job, folders: FOLDERS }, { type: "train", job, folders }] as const
    ) {
      await assert.rejects(engine.request(command), {
        code: "device_unavailable",
        message: /^base_precision: Expected another than int8/,
      });
    }
    await engine.stop(PATIENCE_MS);
  }));

Deno.test("faults of a command come back as they are, and the process goes on", async () => {
  const lines: string[] = [];
  const engine = start(lines);
  const bad = makeJob({ ppo: { ...PPO, max_new_tokens: 512 } });
  await assert.rejects(engine.request({ type: "check", job: bad, folders: FOLDERS }), (thrown: UserError) => {
    assert.deepEqual([thrown.code, thrown.errors[0]!.path], ["prompt_too_long", "prompts.0"]);
    return true;
  });
  const unknown = { type: "dance" } as unknown as Parameters<typeof engine.request>[0];
  await assert.rejects(engine.request(unknown), {
    code: "invalid_request",
    message: /check, train, .*'dance'/,
  });
  const nonsense = { type: "check", job: null, folders: FOLDERS, more: 1 } as unknown as typeof unknown;
  await assert.rejects(engine.request(nonsense), (thrown: UserError) => {
    assert.deepEqual([thrown.code, thrown.errors.map(({ path }) => path)], ["invalid_request", [
      "job",
      "more",
    ]]);
    return true;
  });
  const nothing = { type: "export", format: "merged", folders: FOLDERS, output: "/nowhere" } as const;
  await assert.rejects(engine.request(nothing), { code: "internal" });
  assert.ok(lines.some((line) => line.includes("Command failed")), "a bug's stack is logged");
  const answers = await Promise.all(
    [1, 2, 3].map((seed) =>
      engine.request({
        type: "generate",
        request: { ...generation, seed },
        folders: FOLDERS,
      })
    ),
  );
  for (const [index, { data }] of answers.entries()) {
    const again = { ...generation, seed: index + 1 };
    const alone = await engine.request({
      type: "generate",
      request: again,
      folders: FOLDERS,
    });
    assert.deepEqual(data, alone.data, "answered by id");
  }
  assert.deepEqual(await engine.stop(PATIENCE_MS), { code: 0, signal: null });
});

Deno.test("a cancel in the middle of training is answered, and the process trains again", () =>
  inFolder(async (parent) => {
    const engine = start();
    const folders = { ...FOLDERS, output: parent };
    const job = makeJob({ epochs: 10_000, ppo: PPO });
    const abort = new AbortController();
    const events: TrainingEvent[] = [];
    const training = engine.request({ type: "train", job, folders }, (event) => {
      events.push(event);
      if (event.type === "step") abort.abort();
    }, abort.signal);
    await assert.rejects(training, { code: "cancelled" });
    assert.ok(events.length < 20_000, `${events.length} events of 30,000`);
    const next = await engine.request({
      type: "train",
      job: { ...job, epochs: 1 },
      folders: { ...folders, output: join(parent, "next") },
    });
    assert.equal(next.progress.step, 1);
    assert.deepEqual(await engine.stop(PATIENCE_MS), { code: 0, signal: null });
  }));

Deno.test("closing stdin stops a running command with cancelled, then the process", () =>
  inFolder(async (parent) => {
    const engine = start();
    const job = makeJob({ epochs: 10_000, ppo: PPO });
    let stopped: ReturnType<typeof engine.stop> | undefined;
    const training = engine.request(
      { type: "train", job, folders: { ...FOLDERS, output: parent } },
      (event) => {
        if (event.type !== "step" || stopped) return;
        stopped = engine.stop(PATIENCE_MS);
      },
    );
    await assert.rejects(training, { code: "cancelled", message: /stopping/ });
    assert.deepEqual(await stopped, { code: 0, signal: null });
    assert.ok(
      [...Deno.readDirSync(parent)].every(({ name }) => name.startsWith("epoch-")),
      "nothing half-written",
    );
  }));

Deno.test("what is not a command is logged without its text, and ends the process with an exit code", async () => {
  for (const line of ["{not json, but a secret", '{"type":"check"}', "null", "5"]) {
    const [program, ...args] = engineCommand({ read: [], write: [tmpdir()] });
    const child = new Deno.Command(program, {
      args,
      env: ENV,
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const messages = readLines(child.stdout, 1_000_000);
    assert.equal((JSON.parse((await messages.next()).value!) as Message).type, "ready");
    const stdin = child.stdin.getWriter();
    await stdin.write(new TextEncoder().encode(line + "\n"));
    const log = (await Array.fromAsync(readLines(child.stderr, 1_000_000))).join("\n");
    assert.match(log, /stdin is not the protocol/);
    assert.ok(!log.includes("secret"));
    assert.equal((await child.status).code, 70);
    assert.equal((await messages.next()).done, true);
    await stdin.close().catch(() => {});
  }
});

Deno.test("a folder whose tokenizer splits by a pattern without an end ends its process by name, in every command", () =>
  inFolder(async (parent) => {
    const folder = await copyModel("qwen3", join(parent, "endless"));
    const path = join(folder, "tokenizer.json");
    const tokenizer = JSON.parse(await Deno.readTextFile(path));
    const split = { type: "Split", pattern: { Regex: "(a+)+$" }, behavior: "Isolated", invert: false };
    const pretokenizers = [split, { type: "ByteLevel", add_prefix_space: false, use_regex: false }];
    await Deno.writeTextFile(
      path,
      JSON.stringify({ ...tokenizer, pre_tokenizer: { type: "Sequence", pretokenizers } }),
    );
    const text = "a".repeat(60) + "b";
    const folders = { model: folder, rewards: {} };
    const job = makeJob({ prompts: [text], ppo: PPO });
    const items = [{ prompt: "b", completion: text }];
    const commands: Parameters<EngineProcess["request"]>[0][] = [
      { type: "generate", request: { ...generation, prompts: [text] }, folders },
      { type: "score", request: scoreSchema.parse({ model: "m", items }), folders },
      { type: "check", job, folders },
      { type: "train", job, folders: { ...folders, output: join(parent, "out") } },
    ];
    for (const command of commands) {
      const engine = start([], {}, { text_ms: 2000 });
      await assert.rejects(engine.request(command), {
        code: "damaged_model",
        message: /did not get through a text/,
      });
      assert.equal((await engine.exited).signal, "SIGKILL", command.type);
    }
  }));

Deno.test("a job must fit the memory that the engine was told of, which it cannot read itself", async () => {
  const engine = new EngineProcess({
    command: engineCommand({ read: [], write: [] }, { total: 1_000_000, available: 500_000 }),
    env: ENV,
    logger: createLogger("silent"),
    start_timeout_ms: PATIENCE_MS,
  });
  const job = makeJob({ ...KINDS["lora, separate"], ppo: PPO });
  const refused = await engine.request({ type: "check", job, folders: FOLDERS }).catch((error) => error);
  await engine.stop(PATIENCE_MS);
  assert.ok(refused instanceof UserError, String(refused));
  assert.equal(refused.code, "job_too_large");
});
