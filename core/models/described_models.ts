/** What model folders are, each read when its files have changed and otherwise known. */
import { type ErrorRecord, errorRecord } from "../errors.ts";
import { folderVersion } from "../formats/file_version.ts";
import { readInThread } from "../processes/folder_reader.ts";
import type { ModelSummary } from "../contract/model.ts";

export type Description = { summary: ModelSummary; problem: null } | { summary: null; problem: ErrorRecord };

/** The least recently asked for goes first. */
const MAX_KNOWN = 1000;

/** A problem may be the machine's and pass, such as too many open files, so it is looked at again after this time. */
const PROBLEM_MS = 10_000;

interface Known {
  version: string;
  description: Promise<Description>;
  /** On the clock of `performance.now()`. */
  until: number;
}

const known = new Map<string, Known>();

/** What the model in `folder` is, or why it cannot be used; never rejects. */
export async function describedModel(folder: string): Promise<Description> {
  // One with too many files for a version is read again at each look.
  const version = await folderVersion(folder).catch(() => null);
  const before = known.get(folder);
  known.delete(folder);
  const holds = version !== null && before?.version === version && performance.now() < before.until;
  const entry = holds ? before : newlyKnown(version ?? "", folder);
  if (version !== null) known.set(folder, entry);
  for (const oldest of known.keys()) {
    if (known.size <= MAX_KNOWN) break;
    known.delete(oldest);
  }
  return await entry.description;
}

function newlyKnown(version: string, folder: string): Known {
  const entry: Known = { version, description: describe(folder), until: Infinity };
  entry.description.then(({ problem }) => {
    if (problem) entry.until = performance.now() + PROBLEM_MS;
  });
  return entry;
}

async function describe(folder: string): Promise<Description> {
  try {
    return { summary: await readInThread("model", folder), problem: null };
  } catch (thrown) {
    return { summary: null, problem: errorRecord(thrown) };
  }
}
