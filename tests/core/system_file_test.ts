/** What the system tells of itself, as a process sees it that may not do everything. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { processIdentity } from "../../core/processes/process_identity.ts";
import { machineMemory } from "../../core/system_memory.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const PROGRAM = `
import { processIdentity } from "./core/processes/process_identity.ts";
import { machineMemory, residentBytes } from "./core/system_memory.ts";
let direct = "read";
try { Deno.readTextFileSync("/proc/meminfo"); } catch (error) { direct = error.name; }
console.log(JSON.stringify({
  direct,
  total: machineMemory().total,
  resident: residentBytes(Deno.pid),
  identity: processIdentity(Deno.ppid),
}));
`;

Deno.test({
  name: "a process with the server's permissions learns what one learns that may do everything",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const flags = ["--no-prompt", `--allow-read=${ROOT}`, "--allow-run", "--allow-sys=systemMemoryInfo"];
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...flags, "--no-check", "--ext=ts", "-"],
      ...{ cwd: ROOT, stdin: "piped", stdout: "piped", stderr: "inherit" },
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(PROGRAM));
    await writer.close();
    const { stdout } = await child.output();
    const { direct, total, resident, identity } = JSON.parse(new TextDecoder().decode(stdout));
    assert.equal(direct, "NotCapable", "else this tries nothing");
    assert.equal(total, machineMemory().total);
    assert.ok(resident > 10e6);
    assert.equal(identity, processIdentity(Deno.pid));
  },
});
