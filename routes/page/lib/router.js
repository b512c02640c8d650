/** Where the page is: the part of the address after `#`, as a path and parameters. */
import { useEffect, useState } from "preact/hooks";

function read() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  return {
    parts: parts.length > 0 ? parts : ["jobs"],
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** The address of a place: `to("jobs", id, { tab: "rollouts" })`; parameters that are empty are left out. */
export function to(...parts) {
  const query = typeof parts.at(-1) === "object" ? parts.pop() : {};
  const given = Object.entries(query).filter(([, value]) =>
    value !== undefined && value !== null && value !== ""
  );
  const path = parts.map(encodeURIComponent).join("/");
  return `#/${path}${given.length > 0 ? `?${new URLSearchParams(given)}` : ""}`;
}

export function go(address) {
  location.hash = address;
}

/** The same place with other parameters, without a step in the history. */
export function changeQuery(change) {
  const { parts, query } = read();
  history.replaceState(null, "", to(...parts, { ...query, ...change }));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useRoute() {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const follow = () => setRoute(read());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}
