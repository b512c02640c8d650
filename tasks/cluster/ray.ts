/** `LAUNCHER=ray`: PyPI's Ray in an environment of its own, its head beside the server and a node on each host. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { done, type Host } from "./hosts.ts";
import { type Place, until } from "./place.ts";

const VERSION = "2.60.0";
const FOLDER = fileURLToPath(new URL("../../.ray/", import.meta.url));
const PROGRAM = join(FOLDER, "bin", "ray");
const TOKEN = "the-token-of-the-cluster-check-0123456789";
const [PORT, DASHBOARD] = [6379, 8265];

const ENV = {
  ...{ RAY_AUTH_MODE: "token", RAY_AUTH_TOKEN: TOKEN, RAY_USAGE_STATS_ENABLED: "0" },
  // Sooner than by default, so that the check is not long: a host is lost after about 10 s of silence.
  // One at a time starts on a machine that plays all hosts, and takes its time.
  RAY_raylet_start_wait_time_s: "180",
  ...{ RAY_health_check_period_ms: "2000", RAY_health_check_failure_threshold: "3" },
};

/** Of its own on each host: what is in /run is the host's. */
const COMMON = ["--object-store-memory=80000000", "--disable-usage-stats", "--block"];

function startNode(host: Host, head: Host): Deno.ChildProcess {
  const own = [`--address=${head.address}:${PORT}`, `--node-ip-address=${host.address}`, "--num-cpus=1"];
  return host.daemon("ray", [PROGRAM, "start", ...own, ...COMMON], ENV);
}

export const RAY: Place = {
  missing: () =>
    Promise.resolve(
      existsSync(PROGRAM) ? null : `PyPI's ray[default]==${VERSION} (--install fetches it with pip)`,
    ),
  async install() {
    await done("python3", "-m", "venv", FOLDER);
    await done(join(FOLDER, "bin", "pip"), "install", "--quiet", `ray[default]==${VERSION}`);
  },
  async start(head, workers) {
    const dashboard = [
      `--dashboard-host=${head.address}`,
      `--dashboard-port=${DASHBOARD}`,
      "--temp-dir=/run/ray",
    ];
    const own = [`--port=${PORT}`, `--node-ip-address=${head.address}`, "--num-cpus=0"];
    head.daemon("ray", [PROGRAM, "start", "--head", ...own, ...dashboard, ...COMMON], ENV);
    const address = `http://${head.address}:${DASHBOARD}`;
    const headers = { authorization: `Bearer ${TOKEN}` };
    const ask = async (path: string) => {
      const response = await fetch(`${address}${path}`, { headers });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return await response.json();
    };
    /** Hosts that Ray counts on. */
    const alive = async (): Promise<string[]> => {
      const { data: { result: { result } } } = await ask("/api/v0/nodes");
      return result.filter(({ state }: { state: string }) => state === "ALIVE")
        .map(({ node_ip }: { node_ip: string }) => node_ip);
    };
    await until("Ray's head", 180, () => alive().then(({ length }) => length > 0, () => false));
    const isAlive = ({ address }: Host) => alive().then((all) => all.includes(address), () => false);
    /** Ray gives a node 30 s to start, which may be too few on a machine that plays all hosts. */
    const add = async (host: Host) => {
      for (let tries = 1;; tries++) {
        const node = startNode(host, head);
        const ended = node.status.then(() => "ended" as const);
        const state = await until(
          `Ray on ${host.name}`,
          240,
          async () => await isAlive(host) ? "alive" : await Promise.race([ended, null]),
        );
        if (state === "alive") return;
        if (tries === 5) throw new Error(`Ray does not start on ${host.name}`);
      }
    };
    for (const worker of workers) await add(worker);
    return {
      env: {
        ...{ LAUNCHER: "ray", RAY_ADDRESS: address, RAY_AUTH_TOKEN: TOKEN },
        LAUNCHER_ARGS: `-localhost ${head.address}`,
      },
      async queue() {
        const jobs = await ask("/api/jobs/");
        return jobs.filter(({ status }: { status: string }) => status === "RUNNING").map((
          { submission_id, status }: { submission_id: string; status: string },
        ) => `${submission_id} ${status}`).join("\n");
      },
      // Ray takes no host back that it has given up.
      async restore(host) {
        for (const { pid, command } of await host.processes()) {
          if (command.join(" ").includes("ray")) Deno.kill(pid, "SIGKILL");
        }
        await add(host);
      },
    };
  },
};
