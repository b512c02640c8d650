import assert from "node:assert/strict";
import type { UserError } from "../../../../core/errors.ts";
import { createLogger } from "../../../../core/log.ts";
import { NotPlaced } from "../../../../core/processes/placing.ts";
import { GANG_TIMES, metadataOf, RayGang, stopLeft } from "../../../../core/processes/ray/ray_gang.ts";
import { RayJobs } from "../../../../core/outbound/ray_jobs.ts";
import { Turns } from "../../../../core/processes/ray/turns.ts";
import { RayServer } from "../../../ray_server.ts";
import { eventually, PATIENCE_MS } from "../../jobs/supervised.ts";
import { inFolder } from "../../networks/in_folder.ts";

const logger = createLogger("silent", {});
const TIMES = { look_ms: 5, place_ms: PATIENCE_MS, stop_ms: PATIENCE_MS };

interface Gang {
  gang: RayGang;
  placed: Promise<void>;
  refused: Promise<UserError>;
  lost: Promise<string>;
}

/** Two processes that only sleep, as mpiexec would name them. */
function makeGang(
  folder: string,
  { server, turns = new Turns(), token, ...times }:
    & { server: RayServer; turns?: Turns; token?: string }
    & Partial<typeof GANG_TIMES>,
): Gang {
  const [placed, refused, lost] = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<UserError>(),
    Promise.withResolvers<string>(),
  ];
  const jobs = new RayJobs({ address: server.address, token });
  const gang = new RayGang({ jobs, turns, cpus: 1, times: { ...TIMES, ...times } }, {
    ...{ replicas: 2, folder, job: "job_1", attempt: 2 },
  }, {
    ...{ logger, placed: placed.resolve, refused: refused.resolve, lost: lost.resolve },
  });
  assert.ok(!gang.line("rank 0 says something"));
  for (const line of ["HYDRA_LAUNCH: sleep 1000", "HYDRA_LAUNCH: sleep 1001", "HYDRA_LAUNCH_END"]) {
    assert.ok(gang.line(line));
  }
  return { gang, placed: placed.promise, refused: refused.promise, lost: lost.promise };
}

const statuses = ({ jobs }: RayServer) => jobs.map(({ status }) => status);

Deno.test("RayGang submits a job for each host, says whose they are, and stops them at the end", () =>
  inFolder(async (folder) => {
    await using server = new RayServer({ token: "t" });
    const { gang, placed } = makeGang(folder, { server, token: "t" });
    await placed;
    assert.deepEqual(statuses(server), ["RUNNING", "RUNNING"]);
    for (const { metadata } of server.jobs) {
      assert.equal(metadata.proximal_job, "job_1");
      assert.equal(metadata.proximal_attempt, "2");
    }
    await gang.ended();
    assert.deepEqual(statuses(server), ["STOPPED", "STOPPED"]);
  }));

Deno.test("RayGang gives up a gang that has room for a part of it only, and what is placed too late ends by itself", () =>
  inFolder(async (folder) => {
    await using server = new RayServer({ room: 1 });
    const { gang, refused } = makeGang(folder, { server, place_ms: 30 });
    const error = await refused;
    assert.ok(error instanceof NotPlaced);
    assert.match(error.message, /room for 1 of 2 processes/);
    // What is left is not stopped by Ray: once there is room it begins, and finds that it is not wanted.
    server.room = 0;
    await gang.ended();
    assert.deepEqual(statuses(server), ["STOPPED", "PENDING"]);
    server.room = 2;
    server.place();
    await eventually(() => server.jobs[1]!.status === "FAILED");
  }));

Deno.test("RayGang places one gang at a time", () =>
  inFolder(async (folder) => {
    await using server = new RayServer({ room: 1 });
    const turns = new Turns();
    const first = makeGang(folder, { server, turns });
    const second = makeGang(folder, { server, turns });
    await eventually(() => server.jobs.length === 2);
    server.room = 3;
    server.place();
    await first.placed;
    await eventually(() => server.jobs.length === 4);
    // The second gives up before it is placed, and holds up nobody.
    await second.gang.ended();
    await first.gang.ended();
    server.room = 10;
    const third = makeGang(folder, { server, turns });
    await third.placed;
    await third.gang.ended();
    assert.deepEqual(statuses(server).filter((status) => status === "RUNNING"), []);
  }));

Deno.test("RayGang tells of a host that is gone, and of a process that ends before all are there", () =>
  inFolder(async (folder) => {
    await using server = new RayServer();
    const placed = makeGang(folder, { server });
    await placed.placed;
    server.lose(server.jobs[1]!);
    assert.match(await placed.lost, /FAILED.*the node it was on has died/);
    await placed.gang.ended();

    server.room = 1;
    const early = makeGang(folder, { server });
    await eventually(() => server.running.length === 1);
    server.lose(server.running[0]!);
    const error = await early.refused;
    assert.equal(error.code, "engine_crashed");
    await early.gang.ended();
  }));

Deno.test("RayGang has the job wait while Ray says no, and names the token", () =>
  inFolder(async (folder) => {
    await using server = new RayServer({ token: "t" });
    const wrong = makeGang(folder, { server, token: "another" });
    const error = await wrong.refused;
    assert.ok(error instanceof NotPlaced);
    assert.match(error.message, /RAY_AUTH_TOKEN/);
    await wrong.gang.ended();
    server.refuses = 500;
    const busy = makeGang(folder, { server, token: "t" });
    assert.match((await busy.refused).message, /answered 500/);
    await busy.gang.ended();
  }));

Deno.test("stopLeft ends what a dead server has placed of a job, and nothing of another's", () =>
  inFolder(async (folder) => {
    await using server = new RayServer();
    await makeGang(folder, { server }).placed;
    const jobs = new RayJobs({ address: server.address, token: undefined });
    await jobs.submit({
      entrypoint: "sleep 1000",
      entrypoint_num_cpus: 1,
      metadata: metadataOf({ job: "job_2", attempt: 1 }),
    });
    assert.equal(await stopLeft(jobs, "job_1", logger), 2);
    assert.deepEqual(statuses(server), ["STOPPED", "STOPPED", "RUNNING"]);
    assert.equal(await stopLeft(jobs, "job_1", logger), 0);
  }));
