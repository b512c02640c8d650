/** What can place processes on hosts: how it is started there, and what a server is told to use it. */
import type { Host } from "./hosts.ts";

export interface Placed {
  /** The server's, so that it places with it. */
  env: Record<string, string>;
  /** What it holds of jobs, placed or waiting, one a line; none: "". */
  queue(): Promise<string>;
  /** What its operator does with a host that is back on the network; by default nothing. */
  restore?(host: Host): Promise<void>;
}

export interface Place {
  /** What of it is missing on this machine, and how it gets here; null when all is there. */
  missing(): Promise<string | null>;
  /** Fetches what is missing. */
  install(): Promise<void>;
  /**
   * @param head where the server runs
   * @param workers where its jobs may be placed, one process each
   * @param folder of its own, for its files
   */
  start(head: Host, workers: readonly Host[], folder: string): Promise<Placed>;
}

/** Asks until it is so. @throws when it is not within `seconds` */
export async function until<T>(
  what: string,
  seconds: number,
  check: () => Promise<T | null | false | undefined>,
): Promise<T> {
  for (const end = performance.now() + seconds * 1000;;) {
    const value = await check();
    if (value) return value;
    if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Debian's packages. @returns those of the programs that are not here */
export async function missingPrograms(programs: Readonly<Record<string, string>>): Promise<string | null> {
  const missing = new Set<string>();
  for (const [program, packaged] of Object.entries(programs)) {
    const { success } = await new Deno.Command("sh", {
      args: ["-c", `command -v ${program}`],
      stdout: "null",
    })
      .output();
    if (!success) missing.add(packaged);
  }
  return missing.size === 0
    ? null
    : `Debian's ${[...missing].join(" and ")} (--install fetches it with apt-get)`;
}

/** @throws when apt has no network, or knows no such package */
export async function installPackages(...packages: string[]): Promise<void> {
  const { success } = await new Deno.Command("apt-get", {
    args: ["install", "-y", "--no-install-recommends", ...packages],
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdout: "null",
  }).output();
  if (!success) throw new Error(`apt-get cannot install ${packages.join(" and ")}`);
}
