/**
 * Jobs on a server of ours whose rollouts another samples: one with vLLM's wire forms that follows the policy, and llama.cpp's
 * on the embedded model as a GGUF, which agrees with us on every token's log-probability.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readLines } from "../core/contract/ndjson.ts";
import { eventually } from "./core/jobs/supervised.ts";
import { SERVED_NAME, VllmServer } from "./core/kinds/ppo/vllm_server.ts";
import { inFolder } from "./core/networks/in_folder.ts";
import { fixtureFolder } from "./core/networks/tiny_models.ts";
import { has, testWith } from "./needs.ts";
import { spawnServer } from "./spawn_server.ts";

/** A Python with the packages xllamacpp and gguf. */
const PYTHON = Deno.env.get("LLAMA_CPP_PYTHON") ?? "python3";
const SCRIPT = fileURLToPath(new URL("fixtures/llama_cpp_server.py", import.meta.url));
const TINY = fileURLToPath(new URL("../models/tiny", import.meta.url));

const REWARD = { type: "length", target: 6 };
const PPO = { batch_size: 2, max_new_tokens: 12, learning_rate: 1e-3 };

// deno-lint-ignore no-explicit-any
type Json = any;

async function onServer(
  env: Record<string, string>,
  work: (ask: (path: string, body?: unknown) => Promise<{ status: number; json: Json }>) => Promise<void>,
): Promise<void> {
  const server = await spawnServer({ THREADS: "1", OUTBOUND_ALLOW: "127.0.0.1", ...env });
  try {
    await work(async (path, body) => {
      const response = await fetch(`${server.url}/v1/${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, json: await response.json() };
    });
  } finally {
    server.process.kill("SIGTERM");
    await server.ended;
  }
}

Deno.test({
  name:
    "a job follows a server with vLLM's wire forms: refused where it cannot, its headers told to nobody else",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (parent) => {
      const adapters = join(parent, "adapters");
      await Deno.mkdir(adapters);
      await using vllm = await VllmServer.start({ seed: 3, steps: 2, groups: 2 });
      const rollouts = {
        ...{ type: "openai", url: vllm.url, model: SERVED_NAME, adapter: "vllm" },
        headers: { authorization: "Bearer abcdef" },
      };
      const job = {
        ...{ kind: "ppo", model: "qwen3", prompts: ["The quick", "TL;DR: my"], epochs: 2, seed: 3 },
        ...{ reward: REWARD, ppo: { ...PPO, max_new_tokens: 6 }, rollouts },
      };
      const env = { DATA_DIR: join(parent, "data"), MODELS_DIR: join(fixtureFolder("qwen3"), "..") };
      await onServer({ ...env, ROLLOUT_ADAPTERS_DIR: adapters }, async (ask) => {
        const wrong: [object, string][] = [
          [{ trainable: { type: "full" } }, "rollouts"],
          [{ replicas: 2 }, "replicas"],
          [{ rollout_precision: "int8" }, "rollout_precision"],
          [{ rollouts: { ...rollouts, url: "http://10.0.0.1/v1" } }, "rollouts.url"],
          [{ rollouts: { ...rollouts, adapter: undefined } }, "rollouts.adapter"],
          [
            { rollouts: { ...rollouts, headers: { authorization: "***" } } },
            "rollouts.headers.authorization",
          ],
        ];
        for (const [change, path] of wrong) {
          const { status, json } = await ask("training-jobs", { ...job, ...change });
          assert.deepEqual([status, json.errors?.[0]?.path], [422, path], JSON.stringify(json));
        }
        const { json: dry } = await ask("training-jobs/dry-run", job);
        const { json: local } = await ask("training-jobs/dry-run", { ...job, rollouts: null });
        assert.equal(dry.plan.repeats, false);
        assert.ok(dry.plan.estimate.step_flops < local.plan.estimate.step_flops);
        assert.equal(dry.plan.estimate.memory.cache, 0);
        const { status, json: created } = await ask("training-jobs", job);
        assert.equal(status, 202, JSON.stringify(created));
        const done = await eventually(async () => {
          const { json } = await ask(`training-jobs/${created.id}`);
          assert.notEqual(json.status, "failed", JSON.stringify(json.error));
          return json.status === "succeeded" && json;
        });
        assert.equal(done.config.rollouts.headers.authorization, "***");
        const { json: metrics } = await ask(`training-jobs/${created.id}/metrics`);
        const gaps = metrics.data.map((row: Json) => row["rollout_gap/mean_abs"]);
        assert.ok(gaps.length > 0 && gaps.every((gap: number) => gap < 1e-4), gaps.join());
        // Neither the server nor the folder keeps anything of a job that is over.
        await eventually(() => Promise.resolve([...Deno.readDirSync(adapters)].length === 0));
        assert.deepEqual(vllm.models, [SERVED_NAME]);
        const { json: cloned } = await ask("training-jobs/dry-run", { from: created.id, seed: 4 });
        assert.equal(cloned.config?.rollouts.headers.authorization, "***", JSON.stringify(cloned));
        const gone = { ...rollouts, url: "http://127.0.0.1:9/v1", max_attempts: 1 };
        const { json: failing } = await ask("training-jobs", { ...job, max_attempts: 1, rollouts: gone });
        const failed = await eventually(async () => {
          const { json } = await ask(`training-jobs/${failing.id}`);
          return json.status === "failed" && json;
        });
        assert.equal(failed.error.code, "rollouts_unreachable");
        assert.match(failed.error.detail, /^rollouts\.url: /);
      });
      await onServer(env, async (ask) => {
        const { json } = await ask("training-jobs", job);
        assert.match(json.errors[0].message, /ROLLOUT_ADAPTERS_DIR/);
      });
    }),
});

const withLlama = testWith({
  "llama.cpp's server (LLAMA_CPP_PYTHON)": () => has(PYTHON, "-c", "import xllamacpp, gguf, numpy"),
});

withLlama(
  "llama.cpp's server samples the embedded model with the log-probabilities that we measure",
  () =>
    inFolder(async (parent) => {
      const llama = new Deno.Command(PYTHON, {
        ...{ args: [SCRIPT, TINY], stdin: "piped", stdout: "piped", stderr: "null" },
      }).spawn();
      const lines = readLines(llama.stdout, 10_000, "cut");
      const { value: line } = await lines.next();
      const { address } = JSON.parse(String(line));
      try {
        await onServer({ DATA_DIR: join(parent, "data") }, async (ask) => {
          for (
            const [temperature, prompt_format] of [[1, "ids"], [0.8, "text"]] as const
          ) {
            const { json: created } = await ask("training-jobs", {
              ...{ kind: "ppo", model: "tiny", reward: REWARD },
              prompts: ["POST: My sister has my bike.\nTL;DR:", "POST: The bread is gone.\nTL;DR:"],
              ppo: { ...PPO, advantage: "rloo", rollouts_per_prompt: 3, temperature },
              rollouts: {
                ...{ type: "openai", url: `${address}/v1`, model: "tiny", adapter: "none", prompt_format },
              },
            });
            const id = created.id;
            await eventually(async () => {
              const { json } = await ask(`training-jobs/${id}`);
              assert.notEqual(json.status, "failed", JSON.stringify(json.error));
              return json.status === "succeeded";
            });
            const { json: { data: [metrics] } } = await ask(`training-jobs/${id}/metrics`);
            // Its cache is of half precision.
            assert.ok(metrics["rollout_gap/mean_abs"] < 0.01, String(metrics["rollout_gap/mean_abs"]));
            assert.equal(metrics["rollouts/retokenized_frac"], 0);
            const { json: { data: rollouts } } = await ask(`training-jobs/${id}/rollouts`);
            assert.equal(rollouts.length, 6);
            assert.ok(new Set(rollouts.map(({ completion }: Json) => completion)).size > 1);
          }
        });
      } finally {
        await llama.stdin.close();
        await lines.return(undefined);
        await llama.status;
      }
    }),
);
