/** A real browser for tests of the page: Debian's chromium, driven by playwright-core. */
import assert from "node:assert/strict";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { seenShift, tooWide } from "./in_page.js";

/** Where the package has its program; CHROMIUM names another. */
const PROGRAMS = [Deno.env.get("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser"];

/** The browser's program; undefined where there is none, which is said once by name. */
export const CHROMIUM = PROGRAMS.find((path) => {
  try {
    return path !== undefined && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

if (CHROMIUM === undefined) {
  console.warn("Skipped: tests of the page need chromium (apt-get install chromium, or CHROMIUM=path)");
}

/** Waits may be long where others keep the machine busy. */
export const PATIENCE_MS = Number(Deno.env.get("PATIENCE_MS") ?? 60_000);

export interface Look {
  width?: number;
  theme?: "light" | "dark";
}

export class Eyes {
  readonly #faults: string[] = [];

  private constructor(readonly browser: Browser) {}

  static async open(): Promise<Eyes> {
    return new Eyes(
      await chromium.launch({ executablePath: CHROMIUM!, args: ["--no-sandbox", "--disable-gpu"] }),
    );
  }

  /** A page that fails the test when it logs an error, breaks its content policy, or asks another server for something. */
  async page(url: string, { width = 1280, theme = "light" }: Look = {}): Promise<Page> {
    const isPhone = width < 500;
    const context = await this.browser.newContext({
      ...{ viewport: { width, height: isPhone ? 844 : 900 }, colorScheme: theme },
      ...{ isMobile: isPhone, hasTouch: isPhone, reducedMotion: "reduce" },
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => this.#faults.push(`threw ${error.message}`));
    page.on("console", (message) => {
      // A refused request is what some tests are about, and is seen by what the page makes of it.
      const isRefusal = /Failed to load resource: the server responded with a status of/.test(message.text());
      if (message.type() === "error" && !isRefusal) this.#faults.push(message.text());
    });
    page.on("request", (request) => {
      if (!/^(blob|data):/.test(request.url()) && new URL(request.url()).origin !== new URL(url).origin) {
        this.#faults.push(`asked for ${request.url()}`);
      }
    });
    await page.addInitScript("(" + seenShift + ")()");
    await page.goto(url);
    return page;
  }

  /** What the pages did that they should not have. */
  faults(): string[] {
    return this.#faults.splice(0);
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

/** axe finds nothing serious, and nothing is wider than the window. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(
    `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
      violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(({ id, nodes }) =>
        id + ": " + nodes.slice(0, 3).map(({ html, any }) => html.slice(0, 160) + " " + (any[0]?.message ?? "")).join(" | ")))`,
  );
  assert.deepEqual(violations, [], what);
  assert.deepEqual(await page.evaluate(tooWide), [], `${what} is wider than its window`);
}

/** Waits until an expression is true in a page; playwright's own way would need eval there, which the content policy forbids. */
export async function until(page: Page, expression: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!await page.evaluate(expression)) {
    if (performance.now() > end) throw new Error(`Not so within ${PATIENCE_MS} ms: ${expression}`);
    await page.waitForTimeout(50);
  }
}
