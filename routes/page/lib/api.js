/**
 * Asks the public API. The key that a person gives is in this module's memory alone and is gone with the page: it is
 * never stored, and no address has it.
 */

let key = null;

/** While the server wants a key: what it said, and who waits. */
let gate = null;
const watchers = new Set();

const tell = () => watchers.forEach((watcher) => watcher(gate?.reason ?? null));

/** Calls `watcher` with why a key is wanted, or null, whenever that changes; gives what ends it. */
export function watchGate(watcher) {
  watchers.add(watcher);
  watcher(gate?.reason ?? null);
  return () => watchers.delete(watcher);
}

/** Goes on with a key, or without the old one. */
export function enterKey(text) {
  key = text || null;
  const waiting = gate;
  gate = null;
  tell();
  waiting?.resolve();
}

export const hasKey = () => key !== null;

function askForKey(reason) {
  if (!gate) {
    gate = { reason, ...Promise.withResolvers() };
    tell();
  }
  return gate.promise;
}

/** What the server refused, with what it says of fields. */
export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}`);
    this.status = status;
    this.code = problem.code ?? null;
    /** `{ path, message }` each. */
    this.errors = problem.errors ?? [];
  }
}

/**
 * Sends a request and gives its response when it was accepted. One that needs a key waits until a person has entered one.
 *
 * @throws {ApiError} any other refusal
 */
export async function send(path, { method = "GET", json, body, headers, signal } = {}) {
  for (;;) {
    const used = key;
    const response = await fetch(path, {
      ...{ method, signal, body: json === undefined ? body : JSON.stringify(json) },
      headers: {
        ...(json !== undefined && { "content-type": "application/json" }),
        ...(used !== null && { authorization: `Bearer ${used}` }),
        ...headers,
      },
    });
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    if (response.status !== 401) throw new ApiError(response.status, problem);
    // Another request may have asked for the key meanwhile, and got one.
    if (used === key) await askForKey(problem.detail ?? "The server wants an API key");
    signal?.throwIfAborted();
  }
}

const query = (params = {}) => {
  const given = Object.entries(params).filter(([, value]) =>
    value !== undefined && value !== null && value !== ""
  );
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
};

/** The JSON at a path. */
export async function get(path, params, signal) {
  return await (await send(path + query(params), { signal })).json();
}

/** Posts JSON, or nothing; gives the answer's JSON. */
export async function post(path, json, signal) {
  return await (await send(path, { method: "POST", json, signal })).json();
}

export async function remove(path) {
  await send(path, { method: "DELETE" });
}

/** The items of a list, page by page, each page as an array. */
export async function* pages(path, params, signal) {
  for (let after = undefined; after !== null;) {
    const page = await get(path, { ...params, after }, signal);
    yield page.data;
    after = page.has_more ? page.next_cursor : null;
  }
}

/** The first items of a list, at most `most`. */
export async function list(path, params, most, signal) {
  const items = [];
  for await (const page of pages(path, params, signal)) {
    items.push(...page);
    if (items.length >= most) break;
  }
  return items;
}

/** Saves what is at a path as a file: a link could not send the key. */
export async function download(path, name) {
  const blob = await (await send(path)).blob();
  const link = Object.assign(document.createElement("a"), {
    href: URL.createObjectURL(blob),
    download: name,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
