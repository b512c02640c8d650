/** What a machine has, from files laid out as the system lays them out. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import {
  type MachineMemory,
  machineMemory,
  memoryKills,
  memoryPart,
  residentBytes,
} from "../../core/system_memory.ts";
import { inFolder } from "./networks/in_folder.ts";

const MEMINFO = "MemTotal:       16000000 kB\nMemFree:  1 kB\nMemAvailable:    9000000 kB\n";

async function machine<T = MachineMemory>(
  files: Record<string, string>,
  look: (root: string) => T = machineMemory as (root: string) => T,
): Promise<T> {
  let seen: T | undefined;
  await inFolder(async (root) => {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      await Deno.writeTextFile(join(root, path), text);
    }
    seen = look(root);
  });
  return seen!;
}

Deno.test("Without control groups the machine's own figures count", async () => {
  assert.deepEqual(await machine({ "proc/meminfo": MEMINFO }), { total: 16e6 * 1024, available: 9e6 * 1024 });
});

Deno.test("The tightest group on the way up counts, and pages of files can be taken back", async () => {
  const files = {
    "proc/meminfo": MEMINFO,
    "proc/self/cgroup": "0::/jobs/one\n",
    "sys/fs/cgroup/jobs/one/memory.max": "max\n",
    "sys/fs/cgroup/jobs/one/memory.current": "100\n",
    "sys/fs/cgroup/jobs/memory.max": "4000000000\n",
    "sys/fs/cgroup/jobs/memory.current": "3000000000\n",
    "sys/fs/cgroup/jobs/memory.stat": "anon 5\ninactive_file 500000000\n",
  };
  assert.deepEqual(await machine(files), { total: 4e9, available: 1.5e9 });
});

Deno.test("The first version of control groups counts too, and a group that is full leaves nothing", async () => {
  const files = {
    "proc/meminfo": MEMINFO,
    "proc/self/cgroup": "3:cpu,cpuacct:/a\n5:memory:/a\n0::/\n",
    "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "2000000000\n",
    "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "2100000000\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
  };
  assert.deepEqual(await machine(files), { total: 2e9, available: 0 });
});

Deno.test("memoryKills() counts those of the process's own groups, and of the machine where groups do not count", async () => {
  const vmstat = { "proc/vmstat": "oom_kill_disable 9\noom_kill 7\n" };
  const v2 = {
    "proc/self/cgroup": "0::/jobs\n",
    "sys/fs/cgroup/jobs/memory.events": "low 0\noom 4\noom_kill 3\noom_group_kill 0\n",
  };
  const v1 = {
    "proc/self/cgroup": "5:memory:/a\n",
    "sys/fs/cgroup/memory/a/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
  };
  assert.equal(await machine({ ...vmstat, ...v2 }, memoryKills), 3);
  assert.equal(await machine({ ...vmstat, ...v1 }, memoryKills), 2);
  assert.equal(await machine(vmstat, memoryKills), 7);
  assert.equal(await machine({}, memoryKills), 0);
});

Deno.test("This machine has memory", () => {
  const { total, available } = machineMemory();
  assert.ok(total >= available && available > 0);
});

Deno.test("memoryPart() gives bytes for bytes and shares", () => {
  const cases = [["25%", 2e9], ["100%", 8e9], ["1000", 1000], ["512M", 512 * 2 ** 20], [
    "4G",
    4 * 2 ** 30,
  ]] as const;
  for (const [text, bytes] of cases) assert.equal(memoryPart(text, 8e9), bytes, text);
});

Deno.test({
  name: "residentBytes() tells what a process holds, and 0 of one that is not there",
  ignore: Deno.build.os !== "linux",
  fn: () => {
    const { rss } = Deno.memoryUsage();
    const bytes = residentBytes(Deno.pid);
    assert.ok(bytes > rss / 2 && bytes < rss * 2, `${bytes} beside ${rss}`);
    assert.equal(residentBytes(2 ** 30), 0);
  },
});
