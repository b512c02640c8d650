/**
 * What a model hub says of a repository, and its files as streams. The only file that imports the hub's library.
 * Nothing is written here.
 */
import type { HubApiError } from "@huggingface/hub";
import { invalid, UserError } from "../errors.ts";
import { MODEL_FILES, WEIGHTS_FILE, WEIGHTS_INDEX_FILE } from "../formats/model_files.ts";
import { bodyWithin, piecesOf } from "../outbound/bounded_body.ts";
import { guardedFetch, quoted } from "../outbound/guarded_fetch.ts";
import type { OutboundGuard } from "../outbound/outbound_guard.ts";

/** Where the hub is and what we may say to it. */
export interface Hub {
  /** Without a slash at the end. */
  url: string;
  guard: OutboundGuard;
  /** Sent to the hub itself, never to where it redirects. */
  token?: string;
}

/** A file as the hub lists it. */
export interface HubFile {
  name: string;
  bytes: number;
  /** What its content must hash to: large files have a SHA-256, small ones git's id of their content. */
  hash: { algorithm: "sha256" | "git"; hex: string };
}

export interface HubRepository {
  hub_id: string;
  /** As it was asked for: a branch, a tag or a commit. */
  revision: string;
  /** What the revision stood for when it was looked up; everything is read at this commit. */
  commit: string;
  /** The files that we read, small ones first. */
  files: HubFile[];
}

const MAX_LISTED = 10_000;
/** Of an answer that tells of a repository: some ten times what the hub gives of a thousand files. */
const MAX_ANSWER_BYTES = 2_000_000;
const MAX_ANSWERS = 50;
/** Larger than any published model of the families we run. */
const MAX_BYTES = 2 ** 41;
const SHARD = /^[\w-][\w.-]*\.safetensors$/;

/** One weights file where there is one, else the shards and their index. */
function wanted(files: HubFile[]): HubFile[] {
  const single = files.some(({ name }) => name === WEIGHTS_FILE);
  const isWeights = (name: string) =>
    single ? name === WEIGHTS_FILE : name === WEIGHTS_INDEX_FILE || SHARD.test(name);
  return files.filter(({ name }) => MODEL_FILES.includes(name) || isWeights(name))
    .sort((a, b) => a.bytes - b.bytes || (a.name < b.name ? -1 : 1));
}

/**
 * The library's `fetch`, through the guard: from the hub itself and no other host, and no more than an answer may be. What
 * the library reads is there as a whole, so that it can neither wait nor grow.
 */
function fetchOf({ guard, url: hub }: Hub, signal: AbortSignal): typeof fetch {
  const { origin } = new URL(hub);
  let answers = 0;
  return async (target, init) => {
    const url = new URL(target instanceof Request ? target.url : target);
    if (url.origin !== origin) {
      throw new Error(`its answer goes on at another host, ${quoted(url.host)}`);
    }
    if (++answers > MAX_ANSWERS) throw new Error(`its answer goes on for more than ${MAX_ANSWERS} pages`);
    const headers = new Headers(init?.headers);
    const answer = await guardedFetch(guard, url, headers, signal, { elsewhere: false });
    if (!answer.ok) {
      await answer.body?.cancel();
      return new Response(null, { status: answer.status });
    }
    const { status } = answer;
    if (status !== 200) throw new Error(`it answered ${status}`);
    const body = await bodyWithin(answer.body, MAX_ANSWER_BYTES, signal);
    return new Response(body, { status, headers: answer.headers });
  };
}

/**
 * Finds a repository at a revision and what there is to download of it.
 *
 * @throws UserError `hub_unreachable`, `unknown_model`, or `unsupported_model` when it holds no weights we read.
 */
export async function findRepository(
  hub: Hub,
  hub_id: string,
  revision: string,
  signal: AbortSignal,
): Promise<HubRepository> {
  // Loaded by who asks for a model, not by every start.
  const { listFiles, modelInfo } = await import("@huggingface/hub");
  const shared = { hubUrl: hub.url, accessToken: hub.token, fetch: fetchOf(hub, signal) };
  try {
    const { sha: commit } = await modelInfo({ ...shared, name: hub_id, revision, additionalFields: ["sha"] });
    if (typeof commit !== "string" || !/^[0-9a-f]{40}$/.test(commit)) {
      throw new TypeError("its answer names no commit");
    }
    const listed = new Map<string, HubFile>();
    for await (
      const { type, path, size, oid = "", lfs } of listFiles({ ...shared, repo: hub_id, revision: commit })
    ) {
      if (listed.size === MAX_LISTED) throw new TypeError(`it lists more than ${MAX_LISTED} files`);
      if (type !== "file" || typeof path !== "string" || !Number.isSafeInteger(size) || size < 0) continue;
      const hash = lfs
        ? { algorithm: "sha256" as const, hex: lfs.oid }
        : { algorithm: "git" as const, hex: oid };
      listed.set(path, { name: path, bytes: size, hash });
    }
    const files = wanted([...listed.values()]);
    check(hub_id, files);
    return { hub_id, revision, commit, files };
  } catch (thrown) {
    throw hubError(hub, hub_id, revision, thrown);
  }
}

/** @throws UserError when the files are no model that we can read. */
function check(hub_id: string, files: HubFile[]): void {
  const has = (test: (name: string) => boolean) => files.some(({ name }) => test(name));
  if (!has((name) => name === "config.json") || !has((name) => SHARD.test(name))) {
    throw invalid(
      "hub_id",
      `'${hub_id}' has no config.json with .safetensors beside it: other formats are not read`,
      "unsupported_model",
    );
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > MAX_BYTES) {
    throw invalid(
      "hub_id",
      `'${hub_id}' has ${bytes} bytes: at most ${MAX_BYTES} are taken`,
      "unsupported_model",
    );
  }
}

/** Answers after which another try may do better. */
const PASSING = [408, 425, 429, 500, 502, 503, 504];

/**
 * The bytes of a file from `offset` on, as they come.
 *
 * @throws UserError when the hub does not give what it has listed, Error when another try may do better
 */
export async function* hubFileBytes(
  hub: Hub,
  { hub_id, commit }: HubRepository,
  { name, bytes }: HubFile,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const headers = new Headers({
    ...(offset > 0 && { range: `bytes=${offset}-${bytes - 1}` }),
    ...(hub.token && { authorization: `Bearer ${hub.token}` }),
  });
  const url = `${hub.url}/${hub_id}/resolve/${commit}/${encodeURIComponent(name)}`;
  const { status, body, headers: told } = await guardedFetch(hub.guard, url, headers, signal);
  const whole = status === 200 ? 0 : offset; // a server that knows no ranges sends all
  const length = Number(told.get("content-length") ?? bytes - whole);
  const from = /^bytes (\d+)-/.exec(told.get("content-range") ?? "")?.[1] ?? whole;
  let fault = "";
  if (PASSING.includes(status)) throw new Error(`it answered ${status} for ${name}`);
  if (status !== 200 && (status !== 206 || offset === 0)) fault = `it answered ${status} for ${name}`;
  else if (Number(from) !== whole) fault = `it sent another part of ${name} than was asked for`;
  else if (length !== bytes - whole) {
    fault = `${name} has ${whole + length} bytes, and it listed ${bytes}`;
  }
  if (fault !== "") {
    await body?.cancel();
    throw unreachable(hub, hub_id, fault);
  }
  let skip = offset - whole;
  for await (const piece of piecesOf(body, signal)) {
    const rest = piece.subarray(skip);
    skip -= piece.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}

/** What to tell of a failure: what we say ourselves as it is, the hub's refusals, and else that it is out of reach. */
export function hubError(hub: Hub, hub_id: string, revision: string, thrown: unknown): UserError {
  if (thrown instanceof UserError) return thrown;
  const { statusCode: status = 0 } = thrown as Partial<HubApiError>;
  if ([400, 401, 403, 404].includes(status)) {
    const token = hub.token ? "the server's HF_TOKEN must have access" : "the server then needs a HF_TOKEN";
    return invalid(
      "hub_id",
      `The hub has no model '${hub_id}' at revision '${revision}', or it is private or gated: ${token}`,
      "unknown_model",
    );
  }
  const reason = status > 0
    ? `it answered ${status}`
    : thrown instanceof Error
    ? thrown.message
    : String(thrown);
  return unreachable(hub, hub_id, reason, thrown);
}

function unreachable(hub: Hub, hub_id: string, reason: string, cause?: unknown): UserError {
  return new UserError(
    "hub_unreachable",
    `Cannot download from the model hub at ${hub.url} (${reason}): try again, or bring the files of '${hub_id}' ` +
      `by other means into a folder below one of MODELS_DIR, where it is found under the folder's name`,
    [],
    { cause },
  );
}
