/**
 * `deno run -A bench/page.ts [--times 5]`: how soon the page is seen. Opens it in Debian's chromium with an empty cache, and
 * again with what is kept, at a server that has just started. Prints JSON lines: milliseconds until the first paint, until
 * the list of jobs is there, what was transferred, and how far things have jumped (cumulative layout shift).
 */
import { parseArgs } from "node:util";
import { CHROMIUM, Eyes } from "../tests/routes/page/browser.ts";
import { startServer } from "../tasks/start_server.ts";

const { values } = parseArgs({ options: { times: { type: "string", default: "5" } } });

if (CHROMIUM === undefined) {
  console.error(
    "error: Expected chromium at /usr/bin/chromium or in CHROMIUM, got none (apt-get install chromium)",
  );
  Deno.exit(1);
}

interface Seen {
  first_paint_ms: number;
  transferred_bytes: number;
  shift: number;
}

/** What the browser has measured of the page that it shows. */
const MEASURED = `({
  first_paint_ms: Math.round(performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN),
  transferred_bytes: [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .reduce((sum, { transferSize }) => sum + transferSize, 0),
  shift: globalThis.shift,
})`;

const server = await startServer();
const eyes = await Eyes.open();
try {
  for (let time = 0; time < Number(values.times); time++) {
    const page = await eyes.page("about:blank");
    for (const cache of ["empty", "kept"]) {
      const start = performance.now();
      await page.goto(server.url);
      await page.waitForSelector("text=No jobs yet");
      const jobs_ms = Math.round(performance.now() - start);
      console.log(
        JSON.stringify({ what: "page", time, cache, ...await page.evaluate(MEASURED) as Seen, jobs_ms }),
      );
    }
    await page.context().close();
  }
} finally {
  await eyes.close();
  await server.stop();
}
