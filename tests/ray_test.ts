/** Jobs of several processes on a real server and a real MPI, placed by what speaks Ray's job REST API (tests/ray_server.ts). */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { MPI_FOLDER } from "../tasks/mpi/install.ts";
import { eventually } from "./core/jobs/supervised.ts";
import { inFolder } from "./core/networks/in_folder.ts";
import { testWith } from "./needs.ts";
import { RayServer } from "./ray_server.ts";
import { jsonCaller, spawnServer } from "./spawn_server.ts";

const test = testWith({
  "an MPI, from deno task mpi:install": () => existsSync(join(MPI_FOLDER, "bin", "mpiexec")),
});

const JOB = {
  kind: "ppo",
  model: "tiny",
  replicas: 2,
  prompts: ["drums", "bike"].map((word) => ({ text: `POST: Something happened with my ${word}.\nTL;DR:` })),
  reward: { type: "keywords", keywords: ["e"] },
  ppo: { batch_size: 2, max_new_tokens: 4 },
};

test("jobs placed by Ray: one that succeeds, one whose host is lost, one cancelled while it waits for room", () =>
  inFolder(async (parent) => {
    await using ray = new RayServer({ token: "a-token" });
    const server = await spawnServer({
      ...{ DATA_DIR: join(parent, "data"), THREADS: "1", LAUNCHER: "ray", RAY_ADDRESS: ray.address },
      ...{ RAY_AUTH_TOKEN: "a-token", LAUNCHER_ARGS: "-localhost 127.0.0.1" },
    });
    const call = jsonCaller(`${server.url}/v1/training-jobs`);
    const start = async (given: object) => (await call("POST", "", { ...JOB, ...given })).id as string;
    const ends = (id: string) =>
      eventually(async () => {
        const job = await call("GET", `/${id}`);
        return ["succeeded", "failed", "cancelled"].includes(job.status) && job;
      });
    const nobodyRuns = () => eventually(() => ray.running.length === 0);
    try {
      const done = await start({ epochs: 2 });
      assert.equal((await ends(done)).status, "succeeded");
      assert.equal(ray.jobs.length, 2);
      for (const { metadata } of ray.jobs) assert.equal(metadata.proximal_job, done);
      await nobodyRuns();

      const lost = await start({ epochs: 2000, max_attempts: 1 });
      await eventually(async () => (await call("GET", `/${lost}`)).progress.step >= 1);
      ray.lose(ray.running[1]!);
      const { status, error } = await ends(lost);
      assert.deepEqual([status, error.code], ["failed", "engine_crashed"]);
      assert.match(error.detail, /the node it was on has died/);
      await nobodyRuns();

      ray.room = 0;
      const before = ray.jobs.length;
      const waits = await start({ epochs: 2 });
      await eventually(() => ray.jobs.length === before + 2);
      await call("POST", `/${waits}/cancel`);
      assert.equal((await ends(waits)).status, "cancelled");
      // What Ray goes on keeping ends by itself once it has room.
      ray.room = 10;
      ray.place();
      await nobodyRuns();
    } finally {
      server.process.kill("SIGTERM");
      await server.ended;
    }
  }));
