/**
 * OpenAI's own clients, unmodified, at two versions in each of two languages. Those of npm are among the packages; those of
 * PyPI are installed once into a folder of their own each, and skipped by name where that cannot be done.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import OpenAI from "openai";
import OldOpenAI from "openai-6";
import { fineTunedName } from "../../../core/contract/fine_tuned_name.ts";
import { type RunningServer, startServer } from "../../../tasks/start_server.ts";
import { PYPI_VERSIONS, pythonPackages } from "../../openai_packages.ts";
import { scenario } from "./client_scenario.ts";

/** Name of a model that was fine-tuned for a moment. */
async function fineTuned({ url }: RunningServer): Promise<string> {
  const call = async (path: string, init?: RequestInit) => await (await fetch(url + path, init)).json();
  const example = { prompt: "a", completion: "b" };
  let job = await call("/v1/training-jobs", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind: "sft", model: "tiny", examples: [example], sft: { batch_size: 1 } }),
  });
  while (job.finished_at === null) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    job = await call(`/v1/training-jobs/${job.id}`);
  }
  assert.equal(job.status, "succeeded", JSON.stringify(job.error));
  return fineTunedName({ model: "tiny", suffix: null }, job.checkpoint);
}

Deno.test("OpenAI's clients at two versions each", async (t) => {
  const packages = PYPI_VERSIONS.map(pythonPackages);
  const server = await startServer({ LOG_LEVEL: "error" });
  try {
    for (const [version, Client] of [["7", OpenAI], ["6", OldOpenAI as unknown as typeof OpenAI]] as const) {
      await t.step(`npm openai ${version}`, async () => {
        const requests: string[] = [];
        const counting: typeof fetch = (input, init) => {
          requests.push(String(input));
          return fetch(input, init);
        };
        const client = new Client({ baseURL: `${server.url}/v1`, apiKey: "any", fetch: counting });
        assert.match(
          String((client as unknown as { getUserAgent(): string }).getUserAgent()),
          new RegExp(`/JS ${version}\\.`),
        );
        await scenario(client, { tuned: await fineTuned(server), requests });
      });
    }
    for (const [at, version] of PYPI_VERSIONS.entries()) {
      const folder = await packages[at]!;
      const name = `PyPI openai ${version}`;
      await t.step({
        name: folder ? name : `${name} (skipped: needs python3 with pip that reaches a registry)`,
        ignore: folder === null,
        fn: async () => {
          const { success, stdout, stderr } = await new Deno.Command("python3", {
            args: [fileURLToPath(new URL("./client_scenario.py", import.meta.url))],
            env: {
              ...{ OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: "any", NO_PROXY: "127.0.0.1" },
              PYTHONPATH: folder!,
              TUNED: await fineTuned(server),
            },
          }).output();
          assert.ok(success, new TextDecoder().decode(stderr));
          assert.equal(new TextDecoder().decode(stdout).trim(), version);
        },
      });
    }
  } finally {
    await server.stop();
  }
});
