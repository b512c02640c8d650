/**
 * Many jobs through the real supervisor and the real row of Slurm, whose `srun` is a script: it queues for a few places,
 * takes its time to place, places some in vain, and starts fake engines, some of which die. What it has done is in a ledger,
 * against which what became of the jobs is held.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { and, eq, notInArray } from "drizzle-orm";
import { isFinal, JOB_STATUSES } from "../../../core/contract/job_states.ts";
import { jobs, metrics } from "../../../core/db/schema.ts";
import { getJob } from "../../../core/jobs/job_queries.ts";
import { EngineProcess } from "../../../core/processes/engine_process.ts";
import { Launcher } from "../../../core/processes/launchers.ts";
import { slurmName } from "../../../core/processes/slurm_job.ts";
import { type Behaviour, eventually, PLAN, type Supervised, supervised } from "./supervised.ts";

const FAKE_ENGINE = fileURLToPath(new URL("../../fake_engine.ts", import.meta.url));

/** Chance by the job's name and attempt, so that a run can be repeated. */
const SRUN = `#!/bin/sh
while [ "$1" != "$ENGINE" ]; do
  case $1 in --job-name=*) name=\${1#--job-name=};; esac
  shift
done
echo "srun: $name queued and waiting for resources"
echo x >> "$LEDGER/$name.submitted"
attempt=$(wc -l < "$LEDGER/$name.submitted")
chance=$(printf '%s %s' "$name" "$attempt" | cksum | cut -d' ' -f1)
exec 9> "$LEDGER/place-$((chance % PLACES))"
asked=$(date +%s%N)
flock 9
placed=$(date +%s%N)
echo $(((placed - asked) / 1000000)) >> "$LEDGER/waited"
sleep 0.$((chance / 7 % 4))
if [ $((chance / 31 % 10)) = 0 ]; then echo x >> "$LEDGER/$name.in-vain"; echo "srun: error: node failure"; exit 1; fi
mkdir "$LEDGER/$name.runs" || echo "$name" >> "$LEDGER/twice"
echo x >> "$LEDGER/$name.placed"
"$@"
code=$?
rmdir "$LEDGER/$name.runs"
exit $code
`;

export interface Simulated {
  jobs: number;
  /** Engines started, and placements that came to nothing. */
  placed: number;
  in_vain: number;
  /** Engines that died in the middle of a job. */
  died: number;
  /** In the launcher's queue, in seconds. */
  longest_wait_s: number;
  seconds: number;
}

async function linesOf(file: string): Promise<string[]> {
  const text = await Deno.readTextFile(file).catch(() => "");
  return text.split("\n").filter(Boolean);
}

/** Until no job is left, for as long as some end now and then. */
async function allOver({ db }: Supervised): Promise<void> {
  let left = Infinity;
  do {
    left = await eventually(async () => {
      const rows = await db.read.select({ id: jobs.id }).from(jobs)
        .where(notInArray(jobs.status, JOB_STATUSES.filter(isFinal)));
      return rows.length < left && { count: rows.length };
    }).then(({ count }) => count);
  } while (left > 0);
}

/** @param places how many jobs the launcher runs at once @throws where a job is lost, run twice, or not as it should be */
export async function simulate(count: number, places: number): Promise<Simulated> {
  const began = performance.now();
  const ledger = await Deno.makeTempDir();
  await Deno.writeTextFile(join(ledger, "srun"), SRUN, { mode: 0o755 });
  const launcher = new Launcher({
    ...{ name: "slurm", args: [], library: undefined, mpiFolder: "", timeout_s: 600 },
  });
  const engine = [Deno.execPath(), "run", "-A", "--no-check", FAKE_ENGINE] as const;
  const env = {
    ...{ HOME: Deno.env.get("HOME") ?? "/", PATH: `${ledger}:${Deno.env.get("PATH")}` },
    ...{ LEDGER: ledger, ENGINE: engine[0], PLACES: String(places) },
  };
  const many = (name: string, ids: readonly string[]) =>
    Promise.all(
      ids.map((id) => linesOf(join(ledger, `${slurmName(id)}.${name}`)).then(({ length }) => length)),
    );
  const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
  let result: Simulated | undefined;
  try {
    await supervised(async (it) => {
      await it.supervisor.start();
      const behaviour = (at: number): Behaviour => at % 5 === 0 ? "die_once" : "succeed";
      const ids: string[] = [];
      for (let at = 0; at < count; at++) {
        ids.push((await it.create(behaviour(at), { max_attempts: 20, checkpoint_every_steps: 1 })).id);
      }
      await allOver(it);
      for (const id of ids) {
        const { status, progress } = await getJob(it.db, id);
        assert.deepEqual([id, status, progress.step], [id, "succeeded", PLAN.steps]);
        // Each step once, whoever did it.
        const rows = await it.db.read.select({ step: metrics.step }).from(metrics)
          .where(and(eq(metrics.job_id, id), eq(metrics.scope, "step")));
        assert.deepEqual(rows.map(({ step }) => step).sort(), [1, 2, 3, 4]);
      }
      assert.deepEqual(await linesOf(join(ledger, "twice")), []);
      const [submitted, placed, inVain] = await Promise.all(
        ["submitted", "placed", "in-vain"].map((name) => many(name, ids)),
      );
      for (const [at, id] of ids.entries()) {
        const { attempts } = await getJob(it.db, id);
        // One engine to the end, and one more where it was to die.
        const wanted = behaviour(at) === "die_once" && inVain![at] === 0 ? 2 : placed![at]!;
        assert.deepEqual([id, placed![at], attempts.length], [id, wanted, submitted![at]]);
        assert.equal(submitted![at], placed![at]! + inVain![at]!);
      }
      const waited = (await linesOf(join(ledger, "waited"))).map(Number);
      result = {
        ...{ jobs: count, placed: sum(placed!), in_vain: sum(inVain!), died: sum(placed!) - count },
        longest_wait_s: Math.max(...waited) / 1000,
        seconds: (performance.now() - began) / 1000,
      };
    }, {
      max_concurrent_jobs: count,
      elsewhere: launcher.elsewhere,
      startEngine: (logger, of) => {
        const { command, queues, placing, launched } = launcher.launch(engine, of);
        return new EngineProcess({
          ...{ command, env, logger, placing, spool: launched ? of.folder : undefined },
          // Shorter than the queue: it must not count.
          start_timeout_ms: queues ? Infinity : 1,
        });
      },
    });
  } finally {
    await Deno.remove(ledger, { recursive: true });
  }
  return result!;
}
