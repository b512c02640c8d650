/** Jobs of several processes on a real server, a real launcher and a real MPI (`deno task mpi:install`). */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { MPI_FOLDER } from "../tasks/mpi/install.ts";
import { eventually } from "./core/jobs/supervised.ts";
import { inFolder } from "./core/networks/in_folder.ts";
import { testWith } from "./needs.ts";
import { jsonCaller, spawnServer } from "./spawn_server.ts";

const test = testWith({
  "an MPI, from deno task mpi:install": () => existsSync(join(MPI_FOLDER, "bin", "mpiexec")),
});

// deno-lint-ignore no-explicit-any
type Json = any;

const WORDS = ["drums", "bike", "meeting", "bread"];
const JOB = {
  kind: "ppo",
  model: "tiny",
  prompts: WORDS.map((word) => ({ text: `POST: Something happened with my ${word}.\nTL;DR:` })),
  reward: { type: "keywords", keywords: ["e"] },
  ppo: { batch_size: 4, max_new_tokens: 12, learning_rate: 1e-3 },
  seed: 7,
};

/** Process ids of all processes that have `text` in their command line. */
async function processesWith(text: string): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line.includes(text)) found.push(Number(name));
  }
  return found;
}

/** Kills a process, which may have ended by itself. */
function killed(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Which process has started another; null for one that is gone. */
function parentOf(pid: number): number | null {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]);
  } catch {
    return null;
  }
}

/** The ranks of this server's job; launchers have the same words in their command lines. */
async function ranksOf(data: string): Promise<number[]> {
  const ranks: number[] = [];
  for (const pid of await processesWith(join(data, "jobs"))) {
    const line = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
    if (line.includes("--replicas") && line.split("\0")[0]!.endsWith("deno")) ranks.push(pid);
  }
  return ranks;
}

test("jobs of several processes: texts of one process, 1 MB of prompts, a lost rank, a lost launcher, a cancel", () =>
  inFolder(async (parent) => {
    const data = join(parent, "data");
    const server = await spawnServer({ DATA_DIR: data, THREADS: "1", LAUNCHER: "mpiexec" });
    const call = jsonCaller(`${server.url}/v1`);
    const reaches = (id: string, ...wanted: string[]) =>
      eventually(async () => {
        const job = await call("GET", `/training-jobs/${id}`);
        return wanted.includes(job.status) && job;
      });
    const ended = ["succeeded", "failed", "cancelled"];
    const start = async (given: object) =>
      (await call("POST", "/training-jobs", { ...JOB, ...given })).id as string;
    const texts = async (id: string) => {
      const { data: rows } = await call("GET", `/training-jobs/${id}/rollouts?limit=100`);
      return rows.map(({ completion, score }: Json) => [completion, score]);
    };
    const gone = () => eventually(async () => (await ranksOf(data)).length === 0);
    try {
      // Longer than what any launcher's pipe takes.
      const notes = Object.fromEntries(
        Array.from({ length: 10 }, (_, at) => [`note_${at}`, "x".repeat(500)]),
      );
      const many = Array.from({ length: 200 }, (_, at) => ({ ...JOB.prompts[at % 4]!, metadata: notes }));
      const [one, two, large] = [
        await start({ epochs: 2 }),
        await start({ epochs: 2, replicas: 2 }),
        await start({ prompts: many, replicas: 3, ppo: { ...JOB.ppo, batch_size: 200, max_new_tokens: 1 } }),
      ];
      for (const id of [one, two, large]) assert.equal((await reaches(id, ...ended)).status, "succeeded");
      assert.deepEqual(await texts(two), await texts(one));
      const { data: steps } = await call("GET", `/training-jobs/${two}/metrics`);
      assert.ok(steps.length === 2 && steps.every((step: Json) => step["replicas/sum_s"] >= 0));
      await gone();

      // A rank is lost: all end, and the next attempt goes on from the last checkpoint.
      // One that has come to its end before that can be done is followed by one of more steps.
      for (let epochs = 12, attempts = 1; attempts === 1; epochs *= 3) {
        const lost = await start({ epochs, replicas: 2 });
        await eventually(async () => (await call("GET", `/training-jobs/${lost}`)).progress.step >= 2);
        const ranks = await ranksOf(data);
        assert.ok(ranks.length <= 2);
        if (ranks.length === 2) killed(ranks[1]!);
        const after = await reaches(lost, ...ended);
        attempts = after.attempts.length;
        assert.deepEqual([after.status, attempts <= 2], ["succeeded", true]);
        await gone();
      }

      // The launcher is lost: nobody is left.
      const launched = await start({ epochs: 2000, replicas: 2, max_attempts: 1 });
      await eventually(async () => (await call("GET", `/training-jobs/${launched}`)).progress.step >= 1);
      const [launcher, ...more] = (await processesWith(`mpiexec\0-n\x002`)).filter((pid) =>
        parentOf(pid) === server.process.pid
      );
      assert.ok(launcher !== undefined && more.length === 0);
      Deno.kill(launcher, "SIGKILL");
      assert.equal((await reaches(launched, ...ended)).error.code, "engine_crashed");
      await gone();

      const cancelled = await start({ epochs: 2000, replicas: 2 });
      await eventually(async () => (await call("GET", `/training-jobs/${cancelled}`)).progress.step >= 1);
      await call("POST", `/training-jobs/${cancelled}/cancel`);
      assert.equal((await reaches(cancelled, ...ended)).status, "cancelled");
      await gone();
    } finally {
      server.process.kill("SIGTERM");
      await server.ended;
    }
  }));
