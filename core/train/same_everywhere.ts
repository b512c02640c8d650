/**
 * Whether processes that are to train together have the same before them: the files that the job reads, the program, and
 * where the job goes on. On machines of their own they may not: a folder that was copied and not brought up to date, a
 * disk that is not shared.
 */
import { createHash } from "node:crypto";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";
import type { Replicas } from "../replicas/replicas.ts";
import { toAll } from "../replicas/together.ts";
import { VERSION } from "../version.ts";
import type { BaseIdentity } from "./training_state.ts";

/** What a process has, each under a name that its user knows; what it lacks is not there. */
export type Facts = Readonly<Record<string, string>>;

/** So many differences are named. */
const MOST_NAMED = 5;
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Below the program's folder: what of it an engine runs. */
const PROGRAM = ["core", "kernels"];

/** @throws {UserError} `replicas_differ` in every process, with what is another where */
export async function requireSame(facts: Facts, replicas: Replicas): Promise<void> {
  if (replicas.size === 1) return;
  const all = await replicas.gather([facts]);
  const names = [...new Set(all.flatMap((one) => Object.keys(one)))].sort();
  const differing = names.filter((name) => new Set(all.map((one) => one[name])).size > 1);
  if (differing.length === 0) return;
  const named = differing.slice(0, MOST_NAMED).map((name) => {
    const ranks = Map.groupBy(all.keys(), (rank) => all[rank]![name]);
    const each = [...ranks].map(([value, which]) =>
      `${value === undefined ? "not there" : shortened(value)} on rank ${which.join(", ")}`
    );
    return `${name} is ${each.join(" and ")}`;
  });
  if (differing.length > MOST_NAMED) named.push(`and ${differing.length - MOST_NAMED} more`);
  throw toAll(
    new UserError(
      "replicas_differ",
      `Expected the same files and program wherever this job's processes run: ${named.join("; ")}`,
    ),
  );
}

/** A hash by its first digits; two may only differ later. */
function shortened(value: string): string {
  return /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value;
}

/** Of the files that a job reads. */
export function factsOf(base: BaseIdentity): Facts {
  return Object.fromEntries(
    Object.entries(base).flatMap(([role, files]) =>
      files.map(({ name, sha256 }) => [`${role}/${name}`, sha256 ?? "changed while it was read"])
    ),
  );
}

/** Of what computes. @param runtime onnxruntime's version */
export async function programFacts(runtime: string): Promise<Facts> {
  return {
    "the program": VERSION,
    "the program's source": await sourceHash(),
    "onnxruntime": runtime,
    "Deno": Deno.version.deno,
    "the processor": Deno.build.target,
  };
}

/** SHA-256 of all sources that an engine may run. */
async function sourceHash(): Promise<string> {
  const hash = createHash("sha256");
  for (const folder of PROGRAM) {
    for (const path of await sources(join(ROOT, folder))) {
      hash.update(relative(ROOT, path)).update("\0").update(await Deno.readFile(path)).update("\0");
    }
  }
  return hash.digest("hex");
}

async function sources(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const found = await Promise.all(
    entries.map(({ name, isDirectory }) => {
      if (isDirectory) return sources(join(folder, name));
      return /\.(ts|js|json)$/.test(name) ? [join(folder, name)] : [];
    }),
  );
  return found.flat().sort();
}
