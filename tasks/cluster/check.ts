/**
 * `deno task cluster:check [--only mpiexec,slurm,ray] [--install] [--keep FOLDER]`: jobs of several processes on several
 * hosts, which are namespaces of this machine (hosts.ts), placed by what places them elsewhere: mpiexec over ssh, Debian's
 * Slurm, PyPI's Ray. Needs root. Prints a line for each thing tried and one at the end; exits with 1 where something is
 * not as docs/scale.md says, and leaves nothing behind. What is missing on this machine is named and left out; --install
 * fetches it.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MPI_FOLDER } from "../mpi/install.ts";
import { existsSync } from "node:fs";
import { ApiServer } from "./api_server.ts";
import { bootHosts, type Host } from "./hosts.ts";
import type { Place } from "./place.ts";
import { RAY } from "./ray.ts";
import { REPLICA_TIMEOUT_S, SCENARIOS, type Scene } from "./scenarios.ts";
import { SLURM } from "./slurm.ts";
import { SSH } from "./ssh.ts";

const PLACES: Readonly<Record<string, Place>> = { mpiexec: SSH, slurm: SLURM, ray: RAY };
/** One for the server, three to place on. */
const HOSTS = 4;
/** Over the hosts' own network; in one machine MPI would find memory that all share. */
const NETWORK = { UCX_TLS: "tcp,self", UCX_NET_DEVICES: "eth0" };

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(PLACES).join() },
    install: { type: "boolean", default: false },
    keep: { type: "string" },
    inside: { type: "string" },
    scenarios: { type: "string", default: Object.keys(SCENARIOS).join() },
  },
});

const counts = { passed: 0, failed: 0, skipped: 0 };
const report = (launcher: string, what: string, state: keyof typeof counts, detail: string) => {
  counts[state]++;
  console.log(`${launcher.padEnd(8)} ${what.padEnd(20)} ${state.padEnd(8)} ${detail}`);
};

/** Runs this task in namespaces of its own: whatever it starts ends with it, also when it is killed. */
async function inNamespaces(): Promise<number> {
  if (Deno.uid() !== 0) {
    console.error("Expected root: hosts are network namespaces, which root alone may make");
    return 1;
  }
  const folder = options.keep ?? await Deno.makeTempDir({ prefix: "cluster-check-" });
  await Deno.mkdir(folder, { recursive: true });
  try {
    const child = new Deno.Command("unshare", {
      args: [
        ...[
          "--net",
          "--mount",
          "--pid",
          "--fork",
          "--kill-child",
          "--mount-proc",
          Deno.execPath(),
          "run",
          "-A",
        ],
        ...["--no-check", fileURLToPath(import.meta.url), ...Deno.args, "--inside", folder],
      ],
      stdin: "null",
    }).spawn();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      Deno.addSignalListener(signal, () => child.kill("SIGKILL"));
    }
    return (await child.status).code;
  } finally {
    if (options.keep === undefined) await Deno.remove(folder, { recursive: true });
  }
}

/** How a job is trained on one machine that must come to what two replicas on two hosts do. */
const ALIKE = {
  "2 ranks on one host": { replicas: 2, env: { LAUNCHER: "mpiexec", THREADS: "1" } },
  "1 process with 2 threads": { replicas: 1, env: { LAUNCHER: "local", THREADS: "2" } },
};

async function wantedBytes(head: Host, folder: string): Promise<Record<string, string>> {
  const bytes: Record<string, string> = {};
  for (const [name, { replicas, env }] of Object.entries(ALIKE)) {
    const server = await ApiServer.start(head, join(folder, name.replaceAll(" ", "-")), env);
    const id = await server.submit({ epochs: 4, replicas });
    await server.when(id, "succeeded", ({ status }) => status === "succeeded");
    bytes[name] = await server.bytes(id);
    await server.kill("SIGTERM");
  }
  return bytes;
}

async function check(folder: string): Promise<void> {
  const hosts = await bootHosts(HOSTS, folder);
  const [head, ...workers] = hosts as [Host, ...Host[]];
  const bytes = await wantedBytes(head, folder);
  for (const name of options.only.split(",")) {
    const own = join(folder, name);
    await Deno.mkdir(own);
    try {
      const missing = await PLACES[name]!.missing();
      if (missing) {
        report(name, "all", "skipped", `needs ${missing}`);
        continue;
      }
      const placed = await PLACES[name]!.start(head, workers, own);
      const env = {
        ...{ ...NETWORK, ...placed.env, THREADS: "1", MAX_CONCURRENT_JOBS: "3" },
        REPLICA_TIMEOUT_S: String(REPLICA_TIMEOUT_S),
      };
      const server = await ApiServer.start(head, join(own, "data"), env);
      const scene: Scene = { server, placed, hosts, workers, bytes };
      for (const what of options.scenarios.split(",")) {
        await SCENARIOS[what]!(scene).then(
          (seen) => report(name, what, "passed", seen),
          (thrown) => report(name, what, "failed", thrown.message),
        );
      }
      await server.kill("SIGTERM");
    } catch (thrown) {
      report(name, "start", "failed", (thrown as Error).message);
    }
  }
}

if (options.inside === undefined) {
  if (!existsSync(join(MPI_FOLDER, "bin", "mpiexec"))) {
    console.error("Needs an MPI: deno task mpi:install");
    Deno.exit(1);
  }
  for (const name of options.only.split(",")) {
    if (!(name in PLACES)) {
      console.error(`--only: Expected some of ${Object.keys(PLACES).join()}, got '${name}'`);
      Deno.exit(1);
    }
    // There is no network where hosts are.
    if (options.install && await PLACES[name]!.missing()) {
      await PLACES[name]!.install().catch((thrown) => console.error(`${name}: ${thrown.message}`));
    }
  }
  Deno.exit(await inNamespaces());
}
await check(options.inside);
const { passed, failed, skipped } = counts;
console.log(`${passed + failed + skipped} checks: ${passed} passed, ${failed} failed, ${skipped} skipped`);
Deno.exit(failed === 0 ? 0 : 1);
