/**
 * The page at a server that has much: five hundred jobs, and one with a million tokens and thousands of steps. Nothing is
 * trained: rows and records are made. The server wants a key, which the page asks for and forgets.
 */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import type { Page } from "playwright-core";
import { ppoJobSchema } from "../../../core/contract/ppo_job.ts";
import { openDatabase } from "../../../core/db/open_database.ts";
import { jobs, metrics } from "../../../core/db/schema.ts";
import { createJob } from "../../../core/jobs/job_lifecycle.ts";
import { startServer } from "../../../tasks/start_server.ts";
import { addRunning, makeRecords } from "../../core/records/make_records.ts";
import { inFolder } from "../../core/networks/in_folder.ts";
import { eventually } from "../../core/jobs/supervised.ts";
import { assertAccessible, CHROMIUM, Eyes, until } from "./browser.ts";
import { curve, tokens } from "./in_page.js";

const JOBS = 500;
/** A million tokens: steps, rollouts of each, and their tokens. */
const SHAPE = { steps: 10, steps_per_epoch: 2, rows: 256, tokens: 400, prompt: 100 };
/** Rows of metrics of the long job: several pages of them. */
const STEPS = 2500;
const REQUEST = { kind: "ppo", model: "m", prompts: ["a", "b", "c"], reward: { type: "length", target: 5 } };
const KEY = "a-key-for-the-page-1234";

/** Fills a data folder; gives the ids of the jobs with records and with many steps. */
async function fill(dataDir: string): Promise<{ large: string; long: string }> {
  const db = await openDatabase(dataDir);
  try {
    const first = await addRunning(db, { steps: 20, steps_per_epoch: 5 }, {
      metadata: { name: "sweep 000" },
    });
    // In one transaction, as each waits for the disk.
    const ids = await db.write(async (tx) => {
      const made = [first.id];
      for (let index = 1; index < JOBS - 2; index++) {
        const metadata = {
          name: `sweep ${String(index).padStart(3, "0")}`,
          owner: index % 2 ? "ann" : "ben",
        };
        const config = ppoJobSchema.parse({ ...REQUEST, metadata });
        made.push((await createJob(tx, config, first.plan, null)).id);
      }
      await tx.update(jobs).set({
        status: "succeeded",
        attempt: 1,
        finished_at: new Date(),
        started_at: new Date(),
      });
      return made;
    });
    const long = await addRunning(db, { steps: STEPS, steps_per_epoch: 100 }, {
      metadata: { name: "a long one" },
    });
    const row = (step: number) => ({
      ...{ job_id: long.id, scope: "step" as const, step, epoch: Math.ceil(step / 100) },
      created_at: new Date(),
      metrics: {
        "objective/scores": Math.sin(step / 300),
        "objective/kl": step / 100,
        tokens_per_second: 100,
      },
    });
    await db.write(async (tx) => {
      for (let from = 1; from <= STEPS; from += 100) {
        await tx.insert(metrics).values(Array.from({ length: 100 }, (_, at) => row(from + at)));
      }
      await tx.update(jobs).set({ status: "succeeded", finished_at: new Date(), started_at: new Date() });
      await tx.update(jobs).set({
        status: "failed",
        error: { code: "internal", detail: "Something broke", errors: [] },
      })
        .where(eq(jobs.id, ids[7]!));
    });
    const large = await makeRecords(db, dataDir, SHAPE, { metadata: { name: "a million tokens" } });
    return { large: large.id, long: long.id };
  } finally {
    await db.close();
  }
}

Deno.test({
  name: "the page at a server with 500 jobs and a million tokens",
  ignore: CHROMIUM === undefined,
  async fn(t) {
    await inFolder(async (DATA_DIR) => {
      const { large, long } = await fill(DATA_DIR);
      const server = await startServer({ DATA_DIR, API_KEYS: KEY });
      const eyes = await Eyes.open();
      let page!: Page, hasFailed = false;
      const see = async (path: string, ready: string) => {
        await page.goto(`${server.url}/#${path}`);
        await page.waitForSelector(ready);
      };
      const step = async (name: string, work: () => Promise<void>) => {
        const fn = async () => {
          await work();
          assert.deepEqual(eyes.faults(), []);
        };
        hasFailed = !await t.step({ name, ignore: hasFailed, fn }) || hasFailed;
      };
      const shown = () =>
        page.$$eval("[data-jobs] a[data-row]", (all) => all.map(({ textContent }) => textContent!));

      try {
        await step("the key is asked for until it is right, and kept nowhere", async () => {
          page = await eyes.page(server.url);
          await page.waitForSelector("dialog[open] >> text=API key");
          await page.fill("dialog input", "another-key-12345678");
          await page.click("dialog button");
          await page.waitForSelector("dialog[open] >> text=is not one of the server's");
          await assertAccessible(page, "The key's dialog");
          await page.fill("dialog input", KEY);
          await page.click("dialog button");
          await page.waitForSelector("[data-jobs] [data-row]");
          const kept = await page.evaluate(
            "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state])",
          );
          assert.ok(!(kept as string).includes(KEY));
          const databases = await page.evaluate("indexedDB.databases()") as unknown[];
          assert.equal(databases.length, 0);
        });

        await step("pages of jobs come as they are scrolled to, and a search looks at all", async () => {
          assert.equal((await shown())[0], "a million tokens");
          for (let before = 0; (before = (await shown()).length) < JOBS;) {
            await page.keyboard.press("End");
            await page.evaluate("scrollTo(0, document.body.scrollHeight)");
            await until(page, `document.querySelectorAll("[data-jobs] a[data-row]").length > ${before}`);
          }
          assert.equal(new Set(await shown()).size, JOBS);
          await page.fill("[data-search]", "sweep 00");
          await until(page, `document.querySelectorAll("[data-jobs] a[data-row]").length === 10`);
          await page.fill("[data-search]", "no such thing");
          await page.waitForSelector("text=No job is like that");
          await page.click("text=Clear the filters");
          await page.click("button:text-is('Failed')");
          await page.waitForSelector("[data-jobs] a:text-is('sweep 007')");
          await until(page, `document.querySelectorAll("[data-jobs] a[data-row]").length === 1`);
          assert.deepEqual(await shown(), ["sweep 007"]);
          await see("/jobs", "[data-jobs] >> text=sweep 497");
          await page.fill("[data-search]", "sweep 003");
          await until(page, `document.querySelectorAll("[data-jobs] a[data-row]").length === 1`);
          await page.fill("[data-search]", "");
          await assertAccessible(page, "Many jobs");
        });

        await step("a page that is loaded again has forgotten the key", async () => {
          await page.reload();
          await page.waitForSelector("dialog[open] >> text=API key");
          await page.fill("dialog input", KEY);
          await page.click("dialog button");
          await page.waitForSelector("[data-jobs] [data-row]");
        });

        await step("thousands of steps are one curve, and others lie over it", async () => {
          await see(`/jobs/${long}`, '[data-metric="objective/scores"] canvas');
          await until(
            page,
            `document.querySelector('[data-metric="objective/kl"] .value').textContent === "25"`,
          );
          // A curve is drawn in the frame after its numbers have come.
          const isDrawn = (metric: string, color: string, height: number) =>
            eventually(async () => {
              const drawn = await page.evaluate(curve, { metric, color });
              return drawn !== null && drawn.right - drawn.left > 0.7 && drawn.bottom - drawn.top > height;
            }, `${metric} has no curve of colour ${color}`);
          await isDrawn("objective/kl", "--line-1", 0.6);
          await see(`/jobs/${large}`, '[data-metric="objective/scores"] canvas');
          await page.selectOption(".tools select", long);
          await page.waitForSelector('[data-metric="objective/scores"] .legend span >> nth=1');
          await isDrawn("objective/scores", "--line-2", 0);
          await page.click("button[aria-label='Leave out a long one']");
          await page.waitForSelector('[data-metric="objective/scores"] .legend', { state: "detached" });
        });

        await step("a rollout among a million tokens is found, and shown token by token", async () => {
          await see(`/jobs/${large}/rollouts`, "[data-rollouts] li");
          const first = await page.textContent("[data-rollouts] .score");
          const highest = await page.$$eval(
            "[data-rollouts] .score",
            (all) => all.map(({ textContent }) => Number(textContent)),
          );
          assert.deepEqual(highest, highest.toSorted((a, b) => b - a));
          assert.ok(first);
          await page.click("[data-rollouts] [data-row] >> nth=0");
          await page.waitForSelector(".token");
          assert.equal((await page.evaluate(tokens)).length, SHAPE.tokens);
          await see(`/jobs/${large}/rollouts/10-255`, "h1:text-is('Rollout 10-255')");
          await page.waitForSelector(".token");
          assert.equal((await page.evaluate(tokens)).length, SHAPE.tokens);
          await see(`/jobs/${large}/rollouts/10-256`, "text=No such rollout");
        });
      } finally {
        await eyes.close();
        await server.stop();
      }
    });
  },
});
