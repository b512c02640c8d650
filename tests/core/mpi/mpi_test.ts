import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inFolder } from "../networks/in_folder.ts";
import { Mpi } from "../../../core/mpi/mpi.ts";
import { MPI_FOLDER } from "../../../tasks/mpi/install.ts";

const LIBRARY = join(MPI_FOLDER, "lib", "libmpi_abi.so.1");
const MPIEXEC = join(MPI_FOLDER, "bin", "mpiexec");
const RANKS = fileURLToPath(new URL("ranks.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));

interface Run {
  code: number;
  said: Record<string, unknown>[];
  errors: string;
}

/** Runs ranks to their end. */
async function run(size: number, ...given: string[]): Promise<Run> {
  const rank = [Deno.execPath(), "run", "-A", "--no-check", "--config", CONFIG, RANKS, LIBRARY, ...given];
  const { code, stdout, stderr } = await new Deno.Command(MPIEXEC, {
    args: ["-n", String(size), ...rank],
    stdin: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line.startsWith("{"));
  const said = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  said.sort((a, b) => Number(a["rank"]) - Number(b["rank"]));
  return { code, said, errors: new TextDecoder().decode(stderr) };
}

/** A test of processes that talk through MPI; skipped by name where `deno task mpi:install` has put none. */
function mpiTest(name: string, fn: () => Promise<void>): void {
  const ignore = !existsSync(LIBRARY);
  Deno.test({ name: ignore ? `${name} (skipped: no MPI, see deno task mpi:install)` : name, ignore, fn });
}

for (const size of [1, 2, 3, 4]) {
  mpiTest(`sum() of ${size} processes is the same bits in each`, async () => {
    const { code, said, errors } = await run(size, "sums");
    assert.equal(code, 0, errors);
    assert.deepEqual(said.map(({ rank, size: of }) => [rank, of]), said.map((_, at) => [at, size]));
    assert.equal(said.length, size);
    const ranks = Array.from({ length: size }, (_, rank) => rank);
    const expected = ranks.reduce((sum, rank) => sum + Math.fround(Math.sin(1 + rank) / 3), 0);
    assert.ok(Math.abs(said[0]!["first"] as number - expected) < 1e-6);
    assert.deepEqual(said[0]!["doubles"], [size * (size + 1) / 2, ranks.reduce((sum) => sum + 0.1, 0)]);
    assert.equal(new Set(said.map(({ digest }) => digest)).size, 1);
  });
}

mpiTest("gather() brings what each has in the order of ranks, of those too that have none", async () => {
  const { code, said, errors } = await run(3, "gathers");
  assert.equal(code, 0, errors);
  for (const { all, long } of said) {
    assert.deepEqual(all, [[1, 0, [1, 0]], [2, 0, [2, 0]], [2, 1, [2, 1]]]);
    assert.deepEqual(long, [1_000_000, 2_000_000, 3_000_000]);
  }
});

mpiTest("who waits for another says so in its seconds, and its timers go on", async () => {
  await inFolder(async (folder) => {
    const { code, said, errors } = await run(2, "waits", "60000", join(folder, "come"));
    assert.equal(code, 0, errors);
    assert.ok(said[0]!["ticks"] as number > 20);
    assert.ok(said[0]!["waited"] as number > 0.9);
    assert.deepEqual(said.map(({ then }) => then), [0, 0]);
    assert.equal(said[0]!["longer"], true);
  });
});

mpiTest("a collective that somebody never joins ends in time, and everybody with it", async () => {
  const { code, errors } = await run(2, "alone", "1500");
  assert.equal(code, 3, errors);
  // Where one starts much later than the other, that is the one that never comes.
  assert.match(errors, /rank [01] has waited too long for MPI_Barrier/);
});

for (const how of ["throws", "killed"]) {
  mpiTest(`a process that is lost (${how}) ends all`, async () => {
    const { code, said } = await run(3, how);
    assert.notEqual(code, 0);
    assert.deepEqual(said, []);
  });
}

Deno.test("a library that is none of MPI's is refused with the variable's name", () => {
  for (const library of ["/nonexistent/libmpi_abi.so.1", fileURLToPath(import.meta.url)]) {
    const options = { timeoutMs: 1, onTimeout: () => {} };
    assert.throws(() => new Mpi(library, options), {
      code: "runtime_unavailable",
      message: /^MPI_LIBRARY: /,
    });
  }
});
