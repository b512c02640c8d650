/**
 * Hosts that are no machines: each a network, a name, a set of processes and mounts of its own (Linux namespaces) on this
 * machine, joined by a bridge. What runs on a host ends with it, and a host ends with the process that made it.
 */
import { join } from "node:path";

/** The bridge, and so whoever made the hosts. */
export const BRIDGE = "10.77.0.1";
const SUBNET = "10.77.0";

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. */
export async function ran(program: string, ...args: string[]): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** The same. @returns what it printed @throws when it fails */
export async function done(program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ran(program, ...args);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} exited with ${code}: ${stderr.trim()}`);
  return stdout;
}

/** A process that was found on a host; its id is this process's name for it. */
export interface Found {
  pid: number;
  command: string[];
  environment: Record<string, string>;
}

/** What a host is at its start, before anything runs there; its first process ends when its stdin does. */
const BOOT = `
set -e
hostname "$1"
# Devices are the host's own; control groups, which slurmd wants to see, are the machine's.
mkdir "$3"
mount --rbind /sys/fs/cgroup "$3"
mount -t sysfs none /sys
mount --rbind "$3" /sys/fs/cgroup
mount -t tmpfs none /run
mount -t tmpfs none /dev/shm
mount --bind "$2" /etc/hosts
mkdir /run/munge /run/sshd
echo booted
read -r _ || true
`;

export class Host {
  readonly name: string;
  readonly address: string;
  readonly #folder: string;
  readonly #holder: Deno.ChildProcess;
  /** The host's first process. */
  #init = 0;

  private constructor(name: string, address: string, folder: string) {
    this.name = name;
    this.address = address;
    this.#folder = folder;
    this.#holder = new Deno.Command("unshare", {
      args: [
        ...["--net", "--uts", "--ipc", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
        ...["bash", "-c", BOOT, "host", name, join(folder, "hosts"), join(folder, `cgroup-${name}`)],
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
  }

  static async boot(at: number, folder: string): Promise<Host> {
    const host = new Host(`h${at}`, `${SUBNET}.${10 + at}`, folder);
    const { value } = await host.#holder.stdout.getReader().read();
    if (!value) throw new Error(`Host ${host.name} does not start: is unshare allowed here?`);
    const { pid } = host.#holder;
    host.#init = Number((await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`)).trim());
    const [own, port] = [`to-${host.name}`, `port-${host.name}`];
    await done("ip", "link", "add", own, "type", "veth", "peer", "name", port);
    await done("ip", "link", "set", port, "master", "br0", "up");
    await done("ip", "link", "set", own, "netns", String(host.#init), "name", "eth0");
    const address = `${host.address}/24`;
    await host.done("sh", "-c", `ip link set lo up; ip addr add ${address} dev eth0; ip link set eth0 up`);
    return host;
  }

  /** The command line that runs another on this host. */
  enter(...command: string[]): [string, ...string[]] {
    return [
      "nsenter",
      "--target",
      String(this.#init),
      "--net",
      "--uts",
      "--ipc",
      "--mount",
      "--pid",
      ...command,
    ];
  }

  done(...command: string[]): Promise<string> {
    return done(...this.enter(...command));
  }

  /** Starts what runs until it is stopped, or until its host ends; it writes to a file of its name. */
  daemon(name: string, command: readonly string[], env: Record<string, string> = {}): Deno.ChildProcess {
    const log = join(this.#folder, `${name}-${this.name}.log`);
    const [program, ...args] = this.enter("sh", "-c", `exec "$@" >>'${log}' 2>&1`, "daemon", ...command);
    return new Deno.Command(program, { args, env, stdin: "null" }).spawn();
  }

  /** Takes the host off the network, without a word to anybody; or brings it back. */
  async link(state: "up" | "down"): Promise<void> {
    await done("ip", "link", "set", `port-${this.name}`, state);
  }

  /** What runs here and has not ended. */
  async processes(): Promise<Found[]> {
    const own = await Deno.readLink(`/proc/${this.#init}/ns/pid`);
    const found: Found[] = [];
    for await (const { name } of Deno.readDir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        if (await Deno.readLink(`/proc/${name}/ns/pid`) !== own) continue;
        const [command, variables] = await Promise.all(
          ["cmdline", "environ"].map((file) => Deno.readTextFile(`/proc/${name}/${file}`)),
        );
        if (command === "") continue; // it has ended, and nobody has asked how
        const environment = Object.fromEntries(
          variables!.split("\0").filter(Boolean).map((line) => {
            const at = line.indexOf("=");
            return [line.slice(0, at), line.slice(at + 1)];
          }),
        );
        found.push({ pid: Number(name), command: command!.split("\0").slice(0, -1), environment });
      } catch {
        // It ended while it was looked at.
      }
    }
    return found;
  }

  async end(): Promise<void> {
    await this.#holder.stdin.close().catch(() => {});
    await this.#holder.status;
  }
}

/** @param folder for what hosts write to their logs; all see it */
export async function bootHosts(count: number, folder: string): Promise<Host[]> {
  const names = Array.from({ length: count }, (_, at) => `${SUBNET}.${10 + at} h${at}`);
  await Deno.writeTextFile(join(folder, "hosts"), ["127.0.0.1 localhost", ...names, ""].join("\n"));
  await done("ip", "link", "set", "lo", "up");
  await done("ip", "link", "add", "br0", "type", "bridge");
  await done("ip", "addr", "add", `${BRIDGE}/24`, "dev", "br0");
  await done("ip", "link", "set", "br0", "up");
  const hosts: Host[] = [];
  for (let at = 0; at < count; at++) hosts.push(await Host.boot(at, folder));
  return hosts;
}
