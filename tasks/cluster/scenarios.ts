/**
 * What is tried of a launcher, each with the real program on several hosts. A scenario gives a sentence of what was seen,
 * and throws where that is not what is promised (docs/scale.md).
 */
import { fileURLToPath } from "node:url";
import type { Json } from "../cli/client.ts";
import { ApiServer, OVER } from "./api_server.ts";
import type { Found, Host } from "./hosts.ts";
import { type Placed, until } from "./place.ts";

/** How long a process may wait for the others before it takes them for lost. */
export const REPLICA_TIMEOUT_S = 20;
/** What Slurm, Ray and a busy machine take beside that. */
const SLACK_S = 40;
/** For processes to go that were told to. */
const LEAVE_S = 20;
const LONG = 2000;

export interface Scene {
  server: ApiServer;
  placed: Placed;
  hosts: readonly Host[];
  /** Where jobs may be placed. */
  workers: readonly Host[];
  /** The bytes that a job of 2 replicas must come to, and what gave them. */
  bytes: Readonly<Record<string, string>>;
}

interface Rank extends Found {
  rank: number;
  host: Host;
}

/** The processes that train a job, wherever they are. */
async function ranks(hosts: readonly Host[]): Promise<Rank[]> {
  const found = await Promise.all(hosts.map(async (host) =>
    (await host.processes())
      .filter(({ command }) => command[0] === Deno.execPath() && command.includes("--replicas"))
      .map((process) => ({
        ...process,
        host,
        rank: Number(process.environment.PMI_RANK ?? process.environment.SLURM_PROCID),
      }))
  ));
  return found.flat().toSorted((a, b) => a.rank - b.rank);
}

/** What launchers leave on hosts beside ranks. */
async function launched(hosts: readonly Host[]): Promise<string[]> {
  const programs = /(^|\/)(mpiexec|hydra_pmi_proxy|srun|slurmstepd)$/;
  const found = await Promise.all(
    hosts.map(async ({ name, processes }, at) =>
      (await processes.call(hosts[at]!)).filter(({ command }) =>
        programs.test(command[0]!) || isStep(command[0]!)
      )
        .map(({ command }) => `${command[0]} on ${name}`)
    ),
  );
  return found.flat();
}

/** slurmstepd names itself by its step. */
function isStep(program: string): boolean {
  return program.startsWith("slurmstepd:");
}

function nobody(what: string, hosts: readonly Host[], seconds = LEAVE_S): Promise<true> {
  let left: string[] = [];
  return until(what, seconds, async () => {
    left = [
      ...(await ranks(hosts)).map(({ rank, host }) => `rank ${rank} on ${host.name}`),
      ...await launched(hosts),
    ];
    return left.length === 0;
  }).then(() => true as const, () => {
    throw new Error(`${what}: ${left.join(", ")} after ${seconds} s`);
  });
}

/** Two ranks at work on a job that has done a step. */
async function begun({ server, workers }: Scene, more: object = {}): Promise<{ id: string; both: Rank[] }> {
  const id = await server.submit({ epochs: LONG, replicas: 2, ...more });
  await server.when(id, "a step", (job) => job.progress.step >= 2);
  const both = await ranks(workers);
  if (both.length !== 2) throw new Error(`Expected 2 ranks, found ${both.length}`);
  return { id, both };
}

const places = (both: readonly Rank[]) =>
  both.map(({ rank, host }) => `rank ${rank} on ${host.name}`).join(", ");

async function cancelled({ server, hosts }: Scene, id: string): Promise<void> {
  await server.cancel(id);
  await server.when(id, "cancelled", ({ status }) => status === "cancelled");
  await nobody("after a cancel", hosts);
}

/** Takes the host of a rank off the network while it trains, and brings it back when the attempt has ended. */
async function cutOff(scene: Scene, rank: number): Promise<string> {
  const { server, hosts } = scene;
  const { id, both } = await begun(scene);
  const { host } = both[rank]!;
  const cutAt = performance.now();
  const limit = REPLICA_TIMEOUT_S + SLACK_S;
  await host.link("down");
  let ended_s: number;
  try {
    const ended = ({ attempts }: Json) => attempts[0].ended_at !== null;
    const { attempts } = await server.when(id, "the end of the attempt", ended, limit);
    ended_s = (performance.now() - cutAt) / 1000;
    if (attempts[0].error.code !== "engine_crashed") throw new Error(attempts[0].error.detail);
    await until(`no rank left on ${host.name}`, limit, async () => (await ranks([host])).length === 0);
  } finally {
    await host.link("up");
    await scene.placed.restore?.(host);
  }
  await until("two ranks again", 120, async () => (await ranks(hosts)).length === 2);
  const again = ({ attempts, progress }: Json) => attempts.length > 1 && progress.step > 2;
  await server.when(id, "a step of the next attempt", again);
  await cancelled(scene, id);
  return `the attempt ended after ${ended_s.toFixed()} s, nobody was left on ${host.name}, the next one trains`;
}

export const SCENARIOS: Readonly<Record<string, (scene: Scene) => Promise<string>>> = {
  async placement(scene) {
    const { id, both } = await begun(scene);
    if (new Set(both.map(({ host }) => host)).size !== 2) {
      throw new Error(`Both on one host: ${places(both)}`);
    }
    await cancelled(scene, id);
    return places(both);
  },

  async "equal bytes"({ server, bytes }) {
    const id = await server.submit({ epochs: 4, replicas: 2 });
    await server.when(id, "succeeded", ({ status }) => status === "succeeded");
    const got = await server.bytes(id);
    const other = Object.keys(bytes).filter((by) => bytes[by] !== got);
    if (other.length > 0) throw new Error(`The checkpoint is not that of ${other.join(", nor of ")}`);
    return `the checkpoint is that of ${Object.keys(bytes).join(", and of ")}`;
  },

  async "other files on a host"({ server, hosts, workers }) {
    const config = fileURLToPath(new URL("../../models/tiny/tokenizer_config.json", import.meta.url));
    // On each host another: whichever two are taken, they differ.
    const change = `cp "$1" "$2"; printf %s "$3" >>"$2"; mount --bind "$2" "$1"`;
    for (const [at, host] of workers.entries()) {
      await host.done("sh", "-c", change, "sh", config, "/run/changed.json", "\n".repeat(1 + at));
    }
    try {
      const id = await server.submit({ epochs: 1, replicas: 2 });
      const { error, attempts } = await server.when(id, "failed", ({ status }) => status === "failed");
      if (error.code !== "replicas_differ" || attempts.length !== 1) throw new Error(JSON.stringify(error));
      if (!error.detail.includes("model/tokenizer_config.json")) throw new Error(error.detail);
      await nobody("after the job", hosts);
      return error.detail;
    } finally {
      for (const host of workers) await host.done("umount", config);
    }
  },

  async "rank killed"(scene) {
    const { id, both } = await begun(scene, { epochs: 40 });
    Deno.kill(both[1]!.pid, "SIGKILL");
    const job = await scene.server.when(id, "the next attempt's end", ({ status }) => OVER.includes(status));
    if (job.status !== "succeeded" || job.attempts.length !== 2) {
      throw new Error(`${job.status} after ${job.attempts.length} attempts`);
    }
    await nobody("after the job", scene.hosts);
    return `attempt 1: ${job.attempts[0].error.code}, attempt 2: succeeded`;
  },

  "host cut off": (scene) => cutOff(scene, 1),

  "first rank cut off": (scene) => cutOff(scene, 0),

  async cancel(scene) {
    const { id } = await begun(scene);
    const at = performance.now();
    await cancelled(scene, id);
    return `nobody left after ${((performance.now() - at) / 1000).toFixed(1)} s`;
  },

  async "job waits its turn"(scene) {
    const { server, placed, hosts, workers } = scene;
    // More than there is room for: the last waits in the launcher's queue, or for its turn in the server.
    const first = await begun(scene);
    const second = await server.submit({ epochs: 2, replicas: workers.length });
    await server.when(
      second,
      "its turn in the server",
      ({ status }) => status === "running" || status === "queued",
    );
    const third = await server.submit({ epochs: 2, replicas: workers.length });
    await server.cancel(third);
    await server.when(third, "cancelled while it waits", ({ status }) => status === "cancelled");
    await server.cancel(first.id);
    await server.when(second, "succeeded", ({ status }) => status === "succeeded");
    await nobody("after both", hosts);
    await until("an empty queue", LEAVE_S, async () => (await placed.queue()) === "");
    return "the job that waited has succeeded, the one cancelled while it waited left nothing in the queue";
  },

  async "server killed"(scene) {
    const { server, hosts } = scene;
    const { id, both } = await begun(scene);
    await server.kill("SIGKILL");
    await nobody("after the server's death", hosts, LEAVE_S + SLACK_S);
    await server.again();
    await server.when(
      id,
      "the next attempt",
      ({ attempts, status }) => attempts.length > 1 && status === "running",
    );
    await until("two ranks again", 60, async () => (await ranks(hosts)).length === 2);
    const pids = (await ranks(hosts)).map(({ pid }) => pid);
    if (both.some(({ pid }) => pids.includes(pid))) throw new Error("A rank of the dead server still runs");
    await cancelled(scene, id);
    return "no rank outlived it; started again, it goes on with the job";
  },
};
