/** The runtime and the device that somebody chose, before anything is asked of them. */
import assert from "node:assert/strict";
import { engineCommand } from "../../../core/processes/engine_command.ts";
import { EngineProcess } from "../../../core/processes/engine_process.ts";
import { UserError } from "../../../core/errors.ts";
import { createLogger } from "../../../core/log.ts";

/** What a probe answers with this environment, and what the engine logs. */
async function probed(more: Record<string, string>): Promise<{ fault: unknown; log: string }> {
  const lines: string[] = [];
  const engine = new EngineProcess({
    command: engineCommand(),
    env: { HOME: Deno.env.get("HOME") ?? "/", PATH: Deno.env.get("PATH") ?? "", THREADS: "1", ...more },
    logger: createLogger("debug", {}, (line) => lines.push(line)),
    start_timeout_ms: 60_000,
  });
  const fault = await engine.request({ type: "probe" }).then(() => null, (error) => error);
  await engine.stop(60_000);
  return { fault, log: lines.join("") };
}

Deno.test("an engine says what is in the way of its runtime or device, and its log says where", async () => {
  assert.equal((await probed({})).fault, null);
  const none = new URL("nowhere/libonnxruntime.so", import.meta.url).pathname;
  const other = new URL("../../../deno.json", import.meta.url).pathname;
  for (
    const [environment, code, place] of [
      [{ ORT_LIBRARY: none }, "runtime_unavailable", none],
      [{ ORT_LIBRARY: other }, "runtime_unavailable", other],
      [{ ORT_LIBRARY: none, DEVICE: "cuda" }, "runtime_unavailable", none],
      [{ DEVICE: "cuda:63" }, "device_unavailable", ""],
    ] as [Record<string, string>, string, string][]
  ) {
    const { fault, log } = await probed(environment);
    assert.ok(fault instanceof UserError, String(fault));
    assert.equal(fault.code, code, fault.message);
    const said = JSON.stringify([fault.message, fault.errors]);
    assert.doesNotMatch(said, /\/[\w.-]+\//, said);
    assert.ok(log.includes(place), log);
  }
});
