/** Headers that a user gives for requests to a service of theirs, as its authorization. */
import { z } from "zod";
import type { Refuse } from "./refuse.ts";

/** Headers that the request has of itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...[
    "host",
    "connection",
    "content-length",
    "content-type",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
  ],
  ...["expect", "keep-alive", "proxy-connection", "webhook-id", "webhook-timestamp", "webhook-signature"],
]);

const MAX_HEADERS = 32;

export const requestHeaders = z.record(z.string().max(200), z.string().max(8192)).default({}).describe(
  "Sent with each request. Their values are secrets: no answer, log or error shows them.",
);

/** What is wrong with `headers` as a whole, told at `headers` and below. */
export function headerFaults(headers: Readonly<Record<string, string>>, refuse: Refuse): void {
  const names = Object.keys(headers);
  if (names.length > MAX_HEADERS) {
    refuse(["headers"], `Expected at most ${MAX_HEADERS} headers, got ${names.length}`);
  }
  const seen = new Set<string>();
  for (const name of names.slice(0, MAX_HEADERS)) {
    const folded = name.toLowerCase();
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
      refuse(["headers"], `Expected names of headers, got '${name}'`);
    } else if (OWN_HEADERS.has(folded)) {
      refuse(["headers", name], "Expected another header: this one is the request's own");
    } else if (seen.has(folded)) refuse(["headers", name], "Expected each header once");
    // Its value is a secret, so it is not quoted.
    else if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(headers[name]!)) {
      refuse(["headers", name], "Expected a value without line breaks and characters beyond Latin-1");
    }
    seen.add(folded);
  }
}
