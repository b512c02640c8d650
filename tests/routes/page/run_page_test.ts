/**
 * The page in a real browser over a real run: an empty server, a job that is started on the page and watched while it
 * trains, and all that there is to see of it afterwards. One server, one browser, one trained job.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { Api } from "../../../tasks/api.ts";
import { startServer } from "../../../tasks/start_server.ts";
import { eventually } from "../../core/jobs/supervised.ts";
import { assertAccessible, CHROMIUM, Eyes, until } from "./browser.ts";
import { curve, fields, marks, tokens } from "./in_page.js";

/** A job that warns for certain: no policy has so much entropy, and each update moves it. */
const JOB = {
  kind: "ppo",
  model: "tiny",
  prompts: ["drums", "bike", "meeting", "bread"].map((word) => `POST: Something about my ${word}.\nTL;DR:`),
  epochs: 8,
  ppo: {
    batch_size: 8,
    max_new_tokens: 16,
    learning_rate: 0.002,
    guard: { entropy_floor: 50, kl_budget: 0.001 },
  },
  reward: {
    type: "sum",
    terms: [
      { reward: { type: "length", target: 6 } },
      { weight: 0.5, name: "asks", reward: { type: "regex", pattern: "\\?" } },
    ],
  },
  metadata: { name: "first run", team: "blue" },
};

/** Charts that every PPO job has. */
const CURVES = [
  ...["objective/scores", "objective/kl", "policy/entropy_avg", "response_len/mean", "loss/policy_avg"],
  ...["loss/value_avg", "policy/clipfrac_avg", "val/explained_var", "time/rollout_s", "tokens_per_second"],
];

/** The four digits of a number that the page writes, as a number again. */
const asRead = (text: string) => Number(text.replaceAll("\u2212", "-").replace(/ ?%$/, ""));

// deno-lint-ignore no-explicit-any
type Json = any;

Deno.test({
  name: "the page, from an empty server to every token of a run",
  ignore: CHROMIUM === undefined,
  async fn(t) {
    const received: string[] = [];
    const receiver = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      received.push((await request.json()).type);
      return new Response(null, { status: 204 });
    });
    const server = await startServer({ OUTBOUND_ALLOW: "127.0.0.1" });
    const eyes = await Eyes.open();
    const api = new Api(server.url);
    let page!: Page, id = "", metrics: Json[] = [], warnings: Json[] = [], rollouts: Json[] = [];
    const see = async (path: string, ready: string, on = page) => {
      await on.goto(`${server.url}/#${path}`);
      await on.waitForSelector(ready);
    };
    const path = () => `/v1/training-jobs/${id}`;
    let hasFailed = false;
    // Each goes on from the one before.
    const step = async (name: string, work: () => Promise<void>) => {
      const fn = async () => {
        await work();
        assert.deepEqual(eyes.faults(), []);
      };
      hasFailed = !await t.step({ name, ignore: hasFailed, fn }) || hasFailed;
    };

    try {
      await step("an empty server says what to do", async () => {
        page = await eyes.page(server.url);
        await page.waitForSelector("text=No jobs yet");
        const command = await page.textContent(".code pre");
        assert.ok(command!.startsWith(`curl ${server.url}/v1/training-jobs`), command!);
        // What is offered must be a job.
        const body = /-d '([\s\S]*)'$/.exec(command!)![1]!.replaceAll("'\\''", "'");
        assert.equal((await api.call("POST", "/v1/training-jobs/dry-run", JSON.parse(body))).plan.steps, 40);
        await assertAccessible(page, "An empty server");
        for (const [place, text] of [["playground", "Generate"], ["datasets", "No datasets yet"]]) {
          await see(`/${place}`, `text=${text}`);
          await assertAccessible(page, place!);
        }
      });

      await step("the form says what a job needs as it is typed, and what is wrong", async () => {
        await see("/new", "[data-estimate]");
        await page.fill('[data-path="prompts"]', "POST: A cat.\\nTL;DR:\nPOST: A dog.\\nTL;DR:");
        await page.selectOption('[data-path="reward"]', "length");
        await page.fill('[data-path="reward.target"]', "6");
        await page.fill('[data-path="epochs"]', "7");
        await until(page, "document.querySelector('dl.estimate dd')?.textContent === '7'");
        await page.fill('[data-path="ppo.batch_size"]', "1");
        await until(page, "document.querySelector('dl.estimate dd')?.textContent === '14'");
        await page.fill('[data-path="ppo.learning_rate"]', "-1");
        await page.waitForSelector('[data-path="ppo.learning_rate"][aria-invalid="true"]');
        assert.match((await page.textContent(".fault"))!, /Expected|number|greater/i);
        await page.fill('[data-path="ppo.learning_rate"]', "0.01");
        await page.waitForSelector("dl.estimate");
        await page.click("button:text-is('JSON')");
        const json = JSON.parse(await page.inputValue("#json"));
        assert.deepEqual(json, {
          ...{ kind: "ppo", model: "tiny", epochs: 7, reward: { type: "length", target: 6 } },
          prompts: ["POST: A cat.\nTL;DR:", "POST: A dog.\nTL;DR:"],
          ppo: { batch_size: 1, learning_rate: 0.01 },
        });
      });

      await step("every kind's form has all fields of the document", async () => {
        await page.click("button:text-is('Form')");
        const document = await api.call("GET", "/openapi.json");
        for (const [kind, name, schema] of [["sft", "Fine-tuning", "SftJob"], ["ppo", "PPO", "PpoJob"]]) {
          await page.click(`button:text-is('${name}')`);
          const shown = await page.$$eval("[data-path], details > summary", (all) => all.length);
          const { properties } = document.components.schemas[schema!];
          assert.ok(shown > Object.keys(properties).length, `${kind} has ${shown} fields`);
          await assertAccessible(page, `The form of ${kind}`);
        }
      });

      await step("a job that is started there is watched live", async () => {
        await page.click("button:text-is('JSON')");
        const webhook = { url: `http://127.0.0.1:${receiver.addr.port}/hook` };
        await page.fill("#json", JSON.stringify({ ...JOB, webhook }));
        await page.click("text=Start the job");
        await until(page, "/#\\/jobs\\/job_/.test(location.hash)");
        id = /job_\w+/.exec(page.url())![0];
        await page.waitForSelector("h1:text-is('first run')");
        // Curves grow without anybody asking: nothing but the stream brings steps.
        await page.waitForSelector('[data-metric="objective/scores"] canvas');
        await page.waitForSelector(".status:text-is('succeeded')");
        await until(
          page,
          "document.querySelectorAll('[data-metric=\"objective/kl\"] .mark.checkpoint').length === 8",
        );
        metrics = (await api.call("GET", `${path()}/metrics`)).data;
        warnings = (await api.call("GET", `${path()}/events?type=training_job.warning`)).data;
        rollouts = (await api.call("GET", `${path()}/rollouts?order=-reward&limit=100`)).data;
        assert.equal(metrics.length, 8);
        assert.ok(warnings.length > 0);
      });

      const everyCurve = async (on: Page) => {
        for (const metric of CURVES) {
          // A curve is drawn in the frame after its numbers have come.
          await eventually(async () => {
            const drawn = await on.evaluate(curve, { metric, color: "--line-1" });
            return drawn !== null && drawn.pixels > 60 && drawn.right - drawn.left > 0.6;
          }, `${metric} does not reach over its chart`);
        }
      };
      const valueOf = async (metric: string) =>
        asRead((await page.textContent(`[data-metric="${metric}"] .value`))!);
      const isNear = (value: number, wanted: number) =>
        Math.abs(value - wanted) <= 1e-3 * Math.abs(wanted) + 1e-9;
      const near = (value: number, wanted: number, what: string) =>
        assert.ok(isNear(value, wanted), `${what}: ${value}, not ${wanted}`);

      await step("what came live is what is there: every curve, warning and checkpoint", async () => {
        await everyCurve(page);
        for (const metric of CURVES.filter((name) => !name.startsWith("time/"))) {
          const wanted = metrics.at(-1)[metric];
          await eventually(async () => isNear(await valueOf(metric), wanted), `${metric} is not ${wanted}`);
        }
        const kinds = {
          warning: warnings.map(({ data }) => data.step),
          checkpoint: metrics.map(({ step }) => step),
        };
        for (const [kind, steps] of Object.entries(kinds)) {
          const shown = await page.evaluate(marks, { metric: "objective/kl", kind });
          assert.deepEqual(shown.map(({ step }: Json) => step).sort(), steps.toSorted(), kind);
          for (const mark of shown) near(mark.at, (mark.step - 1) / 7, `${kind} at step ${mark.step}`);
        }
        const [warning] = await page.evaluate(marks, { metric: "objective/kl", kind: "warning" });
        assert.ok(warning!.tip.includes(warnings[0].data.code));
        await see(`/jobs/${id}/warnings`, "[data-warnings]");
        for (const { data } of warnings) {
          assert.ok((await page.textContent("[data-warnings]"))!.includes(data.detail));
        }
      });

      await step("a page opened afterwards shows the same, without a jump", async () => {
        await page.close();
        page = await eyes.page(`${server.url}/#/jobs/${id}`);
        await page.waitForSelector('[data-metric="tokens_per_second"] canvas');
        await until(page, "document.querySelectorAll('.mark.checkpoint').length > 0");
        await everyCurve(page);
        assert.ok(await page.evaluate("shift") as number < 0.05, `shift ${await page.evaluate("shift")}`);
        await assertAccessible(page, "Curves");
        // The value under the cursor is that of the step.
        const plot = (await (await page.$('[data-metric="objective/scores"] .u-over'))!.boundingBox())!;
        await page.mouse.move(plot.x + plot.width * 2 / 7 + 1, plot.y + 40);
        await page.waitForSelector('[data-metric="objective/scores"] .value small');
        const text = (await page.textContent('[data-metric="objective/scores"] .value'))!;
        near(asRead(text.replace(/^step 3/, "")), metrics[2]["objective/scores"], text);
        await page.mouse.move(0, 0);
        await page.click("text=/Show \\d+ more metrics/");
        await page.waitForSelector('[data-metric="val/ratio"] canvas');
        await page.fill("[data-search]", "entropy");
        await page.waitForSelector('[data-metric="val/ratio"]', { state: "detached" });
        assert.ok(await page.$('[data-metric="policy/entropy_avg"]'));
      });

      await step(
        "rollouts are sorted and filtered, and one prompt's are compared over the epochs",
        async () => {
          await see(`/jobs/${id}/rollouts`, "[data-rollouts] li");
          const scores = await page.$$eval(
            "[data-rollouts] .score",
            (all) => all.map(({ textContent }) => textContent!),
          );
          const shown = rollouts.slice(0, 40);
          assert.deepEqual(
            scores.map(asRead),
            shown.map(({ score }) => Number(score.toFixed(3))),
          );
          const texts = await page.$$eval(
            "[data-rollouts] a.text[data-row]",
            (all) => all.map(({ textContent }) => textContent!),
          );
          assert.deepEqual(texts, shown.map(({ completion }) => completion || "(empty)"));
          await page.selectOption("select", "reward");
          const lowest = Math.min(...rollouts.map(({ score }) => score));
          await until(
            page,
            `document.querySelector("[data-rollouts] .score")?.textContent.replace("\u2212", "-") === "${
              lowest.toFixed(3)
            }"`,
          );
          await see(`/jobs/${id}/rollouts?view=epochs&prompt=1`, "[data-epochs] li");
          assert.equal((await page.$$("[data-epochs] li")).length, 8);
          const changed = await page.$$eval("[data-epochs] li", (all) =>
            all.map((row) => ({
              now: [...row.querySelectorAll("a.text > :not(del)")].map(({ textContent }) => textContent).join(
                "",
              ),
              before: [...row.querySelectorAll("a.text > :not(ins)")].map(({ textContent }) => textContent)
                .join(""),
              all: row.querySelector("a.text")!.textContent!,
            })));
          const ofPrompt = (await api.call("GET", `${path()}/rollouts?prompt=1&limit=100`)).data;
          const first = [1, 2, 3, 4, 5, 6, 7, 8].map((epoch) =>
            ofPrompt.find((one: Json) => one.epoch === epoch).completion
          );
          assert.equal(changed[0]!.all, first[0]);
          for (let at = 1; at < 8; at++) {
            assert.equal(changed[at]!.now, first[at], `epoch ${at + 1}`);
            assert.equal(changed[at]!.before, first[at - 1], `epoch ${at + 1}, before`);
          }
          await assertAccessible(page, "One prompt over the epochs");
        },
      );

      await step("each token is there, coloured by what was measured, with its record", async () => {
        const { rollout_id } = rollouts[0];
        const { data } = await api.call("GET", `${path()}/attributions?rollout=${rollout_id}&limit=1000`);
        await see(`/jobs/${id}/rollouts/${rollout_id}`, ".token");
        const shown = await page.evaluate(tokens);
        assert.equal(shown.length, data.length);
        const visible = (text: string) =>
          // deno-lint-ignore no-control-regex
          text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, (one) =>
            `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}`)
            .replaceAll("\t", "⇥").replaceAll("\n", "↵\n") || "∅";
        assert.deepEqual(
          shown.map(({ text }: Json) => text),
          data.map(({ action_token }: Json) => visible(action_token)),
        );
        for (const by of ["kl_div", "advantage", "value", "logprob"]) {
          await see(`/jobs/${id}/rollouts/${rollout_id}?by=${by}`, ".token");
          await page.waitForSelector(`[data-metric="token/${by}"] canvas`);
          const colors = (await page.evaluate(tokens)).map(({ color }: Json) => color);
          const sizes = data.map((token: Json) => Math.abs(token[by]));
          const [most, least] = [Math.max(...sizes), Math.min(...sizes)].map((size) => sizes.indexOf(size));
          const strength = (color: string) => Number(/[/,] ([\d.]+)\)$/.exec(color)?.[1] ?? 1);
          assert.ok(strength(colors[most!]) > strength(colors[least!]), `${by}: ${colors}`);
        }
        for (const at of [0, data.length - 1]) {
          await page.hover(`.token >> nth=${at}`);
          await until(
            page,
            `document.querySelectorAll('.token')[${at}].ariaSelected === "true" || document.querySelectorAll('.token')[${at}].getAttribute("aria-selected") === "true"`,
          );
          const record = await page.evaluate(fields, "[data-record]");
          for (const [name, value] of Object.entries(record)) {
            near(asRead(value as string), Number(data[at][name].toFixed(4)), `${name} of token ${at}`);
          }
          assert.equal(Object.keys(record).length, 7);
        }
        await page.focus(".tokens");
        await page.keyboard.press("ArrowLeft");
        await until(
          page,
          `document.querySelectorAll(".token")[${data.length - 2}].getAttribute("aria-selected") === "true"`,
        );
        await assertAccessible(page, "Tokens");
      });

      await step("the other tabs show what the API says", async () => {
        await see(`/jobs/${id}/checkpoints`, "[data-checkpoints] li");
        assert.equal((await page.$$("[data-checkpoints] li")).length, 8);
        const [saved] = await Promise.all([
          page.waitForEvent("download"),
          page.click("button:has-text('adapter_config.json') >> nth=0"),
        ]);
        const { peft_type } = JSON.parse(await Deno.readTextFile((await saved.path())!));
        assert.equal(peft_type, "LORA");
        await assertAccessible(page, "Checkpoints");
        await see(`/jobs/${id}/config`, "[data-config] >> text=ppo.learning_rate");
        await page.waitForSelector(".code pre >> text=Something about my drums");
        await see(`/jobs/${id}/webhooks`, "[data-deliveries] >> text=training_job.succeeded");
        await until(
          page,
          `document.querySelectorAll("[data-deliveries] .status.good").length === ${received.length}`,
        );
        await page.click("[data-deliveries] button:text-is('Body') >> nth=0");
        await page.waitForSelector("[data-deliveries] pre");
        await assertAccessible(page, "Webhook");
        await see(`/jobs/${id}/logs`, "[data-attempts] >> text=Attempt 1");
        await page.waitForSelector(".code pre >> text=Job starts");
      });

      await step("the playground streams a model beside its checkpoint, and scores both", async () => {
        await see(`/playground?job=${id}`, "button:text-is('Generate'):enabled");
        await until(page, "document.querySelectorAll('select')[2].options.length === 8");
        const prompt = JOB.prompts[0]!;
        await page.fill("textarea", prompt);
        await page.click("text=Generate");
        await page.waitForSelector("button:text-is('KL from the base')");
        const { checkpoint } = await api.call("GET", path());
        for (const [name, its] of [["base", null], ["checkpoint", checkpoint]]) {
          const { data: [wanted] } = await api.call("POST", "/v1/generations", {
            model: "tiny",
            checkpoint: its,
            prompts: [prompt],
          });
          const shown = await page.$$eval(
            `[data-output=${name}] .token`,
            (all) => all.map(({ textContent }) => textContent!),
          );
          assert.equal(shown.join(""), wanted.text, name);
          await page.waitForSelector(`[data-output=${name}] >> text=/reward/`);
        }
        await page.hover("[data-output=checkpoint] .token >> nth=0");
        await page.waitForSelector("[data-output=checkpoint] >> text=probability");
        await assertAccessible(page, "Playground");
      });

      await step("the keyboard goes everywhere", async () => {
        await see("/jobs", "[data-jobs] [data-row]");
        await page.keyboard.press("j");
        await page.keyboard.press("Enter");
        await page.waitForSelector("h1:text-is('first run')");
        await page.keyboard.press("2");
        await page.waitForSelector("[data-rollouts] li");
        await page.keyboard.press("j");
        await page.keyboard.press("j");
        await page.keyboard.press("Enter");
        await page.waitForSelector(".token");
        await page.keyboard.press("Escape");
        await page.waitForSelector("[data-rollouts] li");
        await page.keyboard.press("?");
        await page.waitForSelector("dialog[open] >> text=Keyboard");
        await page.keyboard.press("Escape");
        await page.waitForSelector("dialog[open]", { state: "detached" });
        await page.keyboard.press("/");
        await until(page, "document.activeElement.matches('[data-search]')");
        await page.keyboard.press("Escape");
        await page.keyboard.press("g");
        await page.keyboard.press("m");
        await page.waitForSelector("[data-model=tiny] >> text=ready");
        await page.keyboard.press("t");
        await until(page, "document.documentElement.dataset.theme === 'dark'");
      });

      await step("datasets are sent and looked at", async () => {
        await see("/datasets", "text=Choose a file");
        const buffer = Buffer.from(
          '{"prompt":"POST: A cat.\\nTL;DR:"}\n{"prompt":"POST: A dog.\\nTL;DR:"}\n',
        );
        await page.setInputFiles("input[type=file]", {
          ...{ name: "cats.jsonl", mimeType: "application/jsonl" },
          buffer,
        });
        await page.waitForSelector("h1:text-is('cats.jsonl')");
        await page.waitForSelector(".code pre >> text=A dog");
        await page.click("text=Train on it");
        await page.waitForSelector('[data-path="dataset"]');
        assert.match(await page.inputValue('[data-path="dataset"]'), /^ds_/);
      });

      await step("on a phone, in the dark, nothing is hard to read or cut off", async () => {
        await page.close();
        const { rollout_id } = rollouts[0];
        const places = {
          "/jobs": "[data-jobs] [data-row]",
          [`/jobs/${id}`]: '[data-metric="tokens_per_second"] canvas',
          [`/jobs/${id}/rollouts`]: "[data-rollouts] li",
          [`/jobs/${id}/rollouts/${rollout_id}`]: ".token",
          [`/playground?job=${id}`]: "[data-output=checkpoint]",
          "/models": "[data-model]",
          "/new": "[data-estimate]",
        };
        // Wide and light they have been looked at above.
        const on = await eyes.page(server.url, { width: 390, theme: "dark" });
        for (const [place, ready] of Object.entries(places)) {
          await see(place, ready, on);
          await assertAccessible(on, `${place} on a phone, dark`);
        }
        await on.context().close();
      });
    } finally {
      await eyes.close();
      await server.stop();
      await receiver.shutdown();
    }
  },
});
