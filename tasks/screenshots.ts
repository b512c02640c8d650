/**
 * The pictures of docs/page.md and the README, from a real run: `deno task screenshots`. Starts a server, trains the demo's
 * job at two learning rates, and takes the page as it is then. Needs Debian's chromium. `--into DIR` puts them elsewhere;
 * `--server URL --jobs ID,ID` takes those of two jobs that a running server has, the second laid over the first.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { CHROMIUM, Eyes, type Look } from "../tests/routes/page/browser.ts";
import { Api } from "./api.ts";
import { startServer } from "./start_server.ts";
import { demoJob } from "./tiny/demo_job.ts";

const { values } = parseArgs({
  options: {
    into: { type: "string", default: new URL("../docs", import.meta.url).pathname },
    epochs: { type: "string", default: "10" },
    server: { type: "string" },
    jobs: { type: "string" },
  },
});

if (CHROMIUM === undefined) {
  console.error(
    "error: Expected chromium at /usr/bin/chromium or in CHROMIUM, got none (apt-get install chromium)",
  );
  Deno.exit(1);
}

interface Picture {
  name: string;
  path: string;
  /** Selector of what must be there. */
  ready: string;
  look: Look;
  /** What a person does before it is taken. */
  before?: (page: Page) => Promise<void>;
}

function pictures(job: string, other: string, best: string): Picture[] {
  const wide = { width: 1280 } as const;
  return [
    {
      ...{ name: "page_job", path: `/jobs/${job}?with=${other}`, look: wide },
      ready: '[data-metric="policy/grad_norm"] canvas',
      before: async (page) => {
        await page.waitForSelector('[data-metric="objective/scores"] .legend span >> nth=1');
      },
    },
    {
      ...{ name: "page_tokens", path: `/jobs/${job}/rollouts/${best}`, ready: ".token" },
      look: { ...wide, theme: "dark" },
      before: (page) => page.hover(".token >> nth=2"),
    },
    {
      ...{
        name: "page_playground",
        path: `/playground?job=${job}`,
        ready: "button:text-is('Generate'):enabled",
        look: wide,
      },
      before: async (page) => {
        await page.click("text=Generate");
        await page.waitForSelector("button:text-is('KL from the base')");
        await page.hover("[data-output=checkpoint] .token >> nth=1");
      },
    },
    {
      name: "page_phone",
      path: `/jobs/${job}`,
      ready: '[data-metric="objective/kl"] canvas',
      look: { width: 390, theme: "dark" },
    },
  ];
}

/** Trains the two jobs; gives their ids. */
async function train(api: Api): Promise<string[]> {
  const named = (name: string, job: Record<string, unknown>) => api.run(name, { ...job, metadata: { name } });
  const demo = demoJob(0, Number(values.epochs));
  const job = await named("ask in few words", { ...demo });
  const other = await named("a lower rate", { ...demo, ppo: { ...demo.ppo, learning_rate: 2e-4 } });
  return [job.id, other.id];
}

const started = values.server === undefined ? await startServer() : null;
const url = values.server ?? started!.url;
const eyes = await Eyes.open();
try {
  const api = new Api(url);
  const [job, other] = values.jobs?.split(",") ?? await train(api);
  if (!job || !other) throw new Error("Expected the ids of two jobs in --jobs");
  const { data: [best] } = await api.call("GET", `/v1/training-jobs/${job}/rollouts?order=-reward&limit=1`);
  for (const { name, path, ready, look, before } of pictures(job, other, best.rollout_id)) {
    const page = await eyes.page(`${url}/#${path}`, look);
    await page.waitForSelector(ready);
    await before?.(page);
    // Nothing is loading any more, and what was drawn is on the screen.
    await page.waitForLoadState("networkidle");
    await page.screenshot({ path: join(values.into, `${name}.png`) });
    await page.context().close();
  }
  const faults = eyes.faults();
  if (faults.length > 0) throw new Error(faults.join("\n"));
} finally {
  await eyes.close();
  await started?.stop();
}
