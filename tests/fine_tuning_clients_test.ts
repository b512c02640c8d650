/**
 * OpenAI's own clients against a real server: what the scripts below `clients/` do must run with each. Those of npm are among
 * the packages; those of PyPI are skipped by name where they cannot be had.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServer } from "../tasks/start_server.ts";
import { PYPI_VERSIONS, pythonPackages } from "./openai_packages.ts";

const SCRIPTS = fileURLToPath(new URL("./clients", import.meta.url));

Deno.test("OpenAI's clients fine-tune, at two versions each", async (t) => {
  const packages = PYPI_VERSIONS.map(pythonPackages);
  const server = await startServer({});
  const run = async (program: string, args: string[], env: Record<string, string>) => {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args,
      env: { OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: "anything", NO_PROXY: "127.0.0.1", ...env },
    }).output();
    const text = new TextDecoder();
    assert.equal(code, 0, text.decode(stderr));
    assert.match(text.decode(stdout), /^done$/m);
  };
  try {
    for (const OPENAI_PACKAGE of ["openai", "openai-6"]) {
      const args = ["run", "-A", join(SCRIPTS, "fine_tuning.mjs")];
      await t.step(`npm ${OPENAI_PACKAGE}`, () => run(Deno.execPath(), args, { OPENAI_PACKAGE }));
    }
    for (const [at, version] of PYPI_VERSIONS.entries()) {
      const PYTHONPATH = await packages[at]!;
      const name = `PyPI openai ${version}`;
      await t.step({
        name: PYTHONPATH ? name : `${name} (skipped: needs python3 with pip that reaches a registry)`,
        ignore: PYTHONPATH === null,
        fn: () => run("python3", [join(SCRIPTS, "fine_tuning.py")], { PYTHONPATH: PYTHONPATH! }),
      });
    }
  } finally {
    await server.stop();
  }
});
