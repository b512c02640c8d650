/** Generations beside each other in one engine process: what each gets alone, told piece by piece as it comes. */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineCommand } from "../../../core/processes/engine_command.ts";
import { EngineProcess } from "../../../core/processes/engine_process.ts";
import type { ModelFolders } from "../../../core/contract/protocol.ts";
import { type GenerationRequest, generationSchema } from "../../../core/contract/generation.ts";
import { scoreSchema } from "../../../core/contract/score.ts";
import { trainJob } from "../../../core/kinds/train_job.ts";
import { createLogger } from "../../../core/log.ts";
import { inFolder } from "../networks/in_folder.ts";
import { KINDS, makeJob } from "../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";

const FOLDERS: ModelFolders = { model: fixtureFolder("qwen3"), rewards: {} };
const PPO = { max_new_tokens: 6, batch_size: 4, learning_rate: 1e-2, lr_scheduler: "constant" } as const;

function start(): EngineProcess {
  return new EngineProcess({
    command: engineCommand({ read: [], write: [tmpdir()] }),
    env: { HOME: Deno.env.get("HOME") ?? "/", PATH: Deno.env.get("PATH") ?? "", THREADS: "2" },
    logger: createLogger("silent"),
    start_timeout_ms: 120_000,
  });
}

const requestOf = (given: Partial<GenerationRequest>) =>
  generationSchema.parse({ model: "m", prompts: ["The quick"], max_new_tokens: 24, n: 3, ...given });

/** A checkpoint with an adapter, one with full weights, the fixture's adapter and the bare model. */
async function checkpoints(parent: string): Promise<ModelFolders[]> {
  const folders = [FOLDERS, { ...FOLDERS, adapter: join(FOLDERS.model, "adapter") }];
  for (const kind of ["lora, separate", "full, shared"] as const) {
    const output = join(parent, kind);
    const job = makeJob({ ...KINDS[kind], ppo: PPO });
    for await (const _ of trainJob(runtime, { job, folders: { ...FOLDERS, output } }));
    folders.push({ ...FOLDERS, checkpoint: join(output, "epoch-0001") });
  }
  return folders;
}

Deno.test("checkpoints of one base are sampled at once, each with the text that it has alone", () =>
  inFolder(async (parent) => {
    const engine = start();
    const all = await checkpoints(parent);
    const ask = (folders: ModelFolders, given: Partial<GenerationRequest> = {}) =>
      engine.request({ type: "generate", request: requestOf(given), folders });
    const expected = [];
    for (const folders of all) expected.push(await ask(folders));
    assert.equal(new Set(expected.map(({ data }) => data[0]!.token_ids.join())).size, all.length);
    assert.deepEqual(await Promise.all(all.map((folders) => ask(folders))), expected);

    // The same as prompts of one request.
    const prompts = all.map(() => "The quick");
    const together = await engine.request({
      type: "generate",
      request: requestOf({ prompts }),
      ...{ folders: FOLDERS, each: all },
    });
    assert.deepEqual(
      together.data.map(({ prompt_index: _, ...rest }) => rest),
      expected.flatMap(({ data }) => data.map(({ prompt_index: _, ...rest }) => rest)),
    );
    await engine.stop(60_000);
  }));

Deno.test("a stream begins while another goes on, and a score waits for both", async () => {
  const engine = start();
  let order: string[] = [];
  const follow = (name: string, given: Partial<GenerationRequest>, onFirst?: () => void) => {
    let pieces = 0;
    return engine.request(
      { type: "generate", request: requestOf({ n: 1, stream: true, ...given }), folders: FOLDERS },
      () => {
        if (++pieces > 1) return;
        order.push(`${name} begins`);
        onFirst?.();
      },
    ).then(() => order.push(`${name} ends`));
  };
  const prompts = [{ token_ids: [5, 6, 7] }];
  const expected = ["long begins", "short begins", "short ends", "long ends", "score"];
  // Eight at once take longer than what comes meanwhile, by far, unless this process is given no turn as long as that.
  for (let tries = 0; tries < 5 && order.join() !== expected.join(); tries++) {
    order = [];
    const others: Promise<unknown>[] = [];
    await follow("long", { prompts, max_new_tokens: 480, temperature: 3, n: 8 }, () => {
      others.push(follow("short", { prompts, max_new_tokens: 8, temperature: 3, seed: 1 }));
      const items = [{ prompt_token_ids: [5], completion_token_ids: [6] }];
      const request = scoreSchema.parse({ model: "m", items });
      others.push(
        engine.request({ type: "score", request, folders: FOLDERS }).then(() => order.push("score")),
      );
    });
    await Promise.all(others);
  }
  assert.deepEqual(order, expected);
  await engine.stop(60_000);
});

Deno.test("cancelling one generation leaves the others as they are", async () => {
  const engine = start();
  const long = { max_new_tokens: 400, temperature: 3, n: 2 };
  const ask = (given: Partial<GenerationRequest>, onEvent?: () => void, signal?: AbortSignal) =>
    engine.request(
      { type: "generate", request: requestOf(given), folders: FOLDERS },
      onEvent,
      signal,
    );
  const expected = await ask({ ...long, seed: 2 });
  const abort = new AbortController();
  const leaving = ask({ ...long, n: 16, seed: 1, stream: true }, () => abort.abort(), abort.signal);
  const staying = ask({ ...long, seed: 2 });
  await assert.rejects(leaving, { code: "cancelled" });
  assert.deepEqual(await staying, expected);
  await engine.stop(60_000);
});
