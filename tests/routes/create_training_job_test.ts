import assert from "node:assert/strict";
import { getJob, listJobs } from "../../core/jobs/job_queries.ts";
import { environmentKeyId } from "../../core/keys/environment_key_id.ts";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";

const PATH = "/v1/training-jobs";
const count = async (it: Served) => (await listJobs(it.db, { limit: 100 })).rows.length;

Deno.test("POST /v1/training-jobs answers the queued job with its effective configuration", async () => {
  await served(async (it) => {
    const answer = await it.call("POST", PATH, jobRequest("succeed", { metadata: { team: "x" } }));
    assert.equal(answer.status, 202);
    const job = answer.json;
    assert.match(job.id, /^job_/);
    assert.equal(answer.headers.get("location"), `${PATH}/${job.id}`);
    assert.ok(answer.headers.get("x-request-id"));
    assert.deepEqual(Object.keys(job), [
      ...["id", "kind", "status", "model", "config", "rows", "progress", "latest_metrics", "error"],
      ...["status_reason", "attempts", "checkpoint", "best_checkpoint", "stopped", "result"],
      ...["created_at", "started_at", "finished_at", "metadata"],
    ]);
    assert.equal(job.status, "queued");
    assert.deepEqual(job.rows, { field: "prompts", count: 2, dataset: null });
    assert.equal(job.config.ppo.gamma, 0.99);
    assert.equal(job.config.ppo.batch_size, 4);
    assert.deepEqual(job.config.trainable, {
      type: "lora",
      r: 16,
      alpha: 32,
      layers: null,
      dropout: 0,
      target_modules: "all-linear",
    });
    assert.deepEqual(job.metadata, { team: "x" });
    assert.deepEqual(job.progress, {
      ...{ epoch: 0, epochs: 2, step: 0, steps: 4, episodes: 0, tokens: 0, eta_seconds: null },
    });
    await it.reaches(job.id, "succeeded");
    const shown = (await it.call("GET", `${PATH}/${job.id}`)).json;
    assert.deepEqual(shown.config, job.config, "what was echoed is what is shown");
    // The configuration that was echoed is a request again, once it has rows.
    const again = await it.call("POST", `${PATH}?dry_run=true`, { ...shown.config, prompts: ["a"] });
    assert.equal(again.status, 200, again.text);
    assert.deepEqual(again.json.config, shown.config);
  });
});

Deno.test("a job belongs to the API key that asked for it, as its Idempotency-Keys do", async () => {
  const apiKeys = ["sixteen-letters-x", "sixteen-letters-y"];
  await served(async (it) => {
    const owner = async (key: string, idempotencyKey: string) => {
      const headers = { authorization: `Bearer ${key}`, "idempotency-key": idempotencyKey };
      const { json } = await it.call("POST", PATH, jobRequest(), headers);
      return { id: json.id, owner: (await getJob(it.db, json.id)).owner };
    };
    const [x, y, again] = [
      await owner(apiKeys[0]!, "a"),
      await owner(apiKeys[1]!, "a"),
      await owner(apiKeys[0]!, "a"),
    ];
    assert.deepEqual([x.owner, y.owner], apiKeys.map(environmentKeyId));
    assert.match(x.owner!, /^env_[0-9a-f]{8}$/);
    assert.notEqual(x.owner, y.owner);
    // An Idempotency-Key is its sender's.
    assert.notEqual(x.id, y.id);
    assert.equal(x.id, again.id);
  }, { apiKeys });
  await served(async (it) => {
    const { json } = await it.call("POST", PATH, jobRequest());
    assert.equal((await getJob(it.db, json.id)).owner, null);
  });
});

Deno.test("a dry run answers configuration and plan and creates nothing, by its earlier name too", async () => {
  await served(async (it) => {
    const key = { "idempotency-key": "a" };
    const { status, json } = await it.call("POST", `${PATH}/dry-run`, jobRequest(), key);
    assert.equal(status, 200);
    assert.equal(json.config.ppo.lam, 0.95);
    assert.equal(json.plan.steps, 4);
    assert.ok(json.plan.estimate.memory_bytes > 0);
    const alias = await it.call("POST", `${PATH}?dry_run=true`, jobRequest(), key);
    assert.deepEqual([alias.status, alias.json], [200, json]);
    assert.equal(await count(it), 0);
    assert.equal((await it.call("POST", `${PATH}?dry_run=false`, jobRequest(), key)).status, 202);
    assertProblem(
      await it.call("POST", `${PATH}/dry-run?dry_run=false`, jobRequest()),
      422,
      "invalid_request",
    );
    assertProblem(
      await it.call("POST", `${PATH}/dry-run`, jobRequest("succeed", { epochs: 0 })),
      422,
      "invalid_request",
      "epochs",
    );
  });
});

const ppo = (fields: Record<string, unknown>) => ({ ppo: fields });

const INVALID: [name: string, more: Record<string, unknown>, path: string, code?: string][] = [
  ["no prompts", { prompts: [] }, "prompts"],
  ["an empty prompt", { prompts: ["a", ""] }, "prompts.1"],
  ["a prompt of the wrong shape", { prompts: ["a", { txt: "b" }] }, "prompts.1"],
  ["0 epochs", { epochs: 0 }, "epochs"],
  ["half an epoch", { epochs: 1.5 }, "epochs"],
  ["an unknown key", { epoch: 3 }, "epoch"],
  ["an unknown nested key", ppo({ gama: 1 }), "ppo.gama"],
  ["an unknown kind", { kind: "dpo" }, "kind"],
  ["an unknown model", { model: "nope" }, "model", "unknown_model"],
  ["a model outside of the folders", { model: "../../etc" }, "model", "unknown_model"],
  ["an unknown reward model", { reward: { type: "model", model: "nope" } }, "reward", "unknown_model"],
  ["an unknown checkpoint", { checkpoint: "ckpt_x" }, "checkpoint", "unknown_checkpoint"],
  ["an invalid regular expression", { reward: { type: "regex", pattern: "(" } }, "reward.pattern"],
  ["an unknown reward", { reward: { type: "magic" } }, "reward.type"],
  ["a negative temperature", ppo({ temperature: -1 }), "ppo.temperature"],
  ["top_p 0", ppo({ top_p: 0 }), "ppo.top_p"],
  ["a number as text", ppo({ gamma: "0.9" }), "ppo.gamma"],
  ["dropout", { trainable: { type: "lora", dropout: 1 } }, "trainable.dropout"],
  ["mini-batches that do not divide", ppo({ batch_size: 4, num_mini_batches: 3 }), "ppo.num_mini_batches"],
  ["a webhook to a private address", { webhook: { url: "https://10.0.0.1/" } }, "webhook.url"],
  ["a webhook over plain http", { webhook: { url: "http://1.1.1.1/" } }, "webhook.url"],
  ["a webhook that is no URL", { webhook: { url: "nope" } }, "webhook.url"],
  [
    "a short webhook secret",
    { webhook: { url: "https://example.com", secret: "whsec_a" } },
    "webhook.secret",
  ],
  ["a prompt that is too long", { seed: 8 }, "prompts.0", "prompt_too_long"],
];

Deno.test("POST /v1/training-jobs refuses what is wrong, naming the field", async () => {
  await served(async (it) => {
    for (const [name, more, path, code = "invalid_request"] of INVALID) {
      for (const query of ["", "?dry_run=true"]) {
        const answer = await it.call("POST", PATH + query, jobRequest("succeed", more));
        try {
          assertProblem(answer, 422, code, path);
        } catch (error) {
          throw new Error(`${name}: ${(error as Error).message}`);
        }
      }
    }
    assert.equal(await count(it), 0);
  });
});

Deno.test("POST /v1/training-jobs refuses bodies that are no JSON object", async () => {
  await served(async (it) => {
    assertProblem(await it.call("POST", PATH, "{"), 400, "invalid_json");
    assertProblem(await it.call("POST", PATH, ""), 400, "invalid_json");
    assertProblem(await it.call("POST", PATH, "[".repeat(100_000)), 400, "invalid_json");
    assertProblem(await it.call("POST", PATH, '"text"'), 422, "invalid_request");
    assertProblem(await it.call("POST", PATH, "null"), 422, "invalid_request");
    assertProblem(await it.call("POST", PATH, '{"__proto__":{"kind":"ppo"}}'), 422, "invalid_request");
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"]) {
      const answer = await it.call("POST", PATH, JSON.stringify(jobRequest()), { "content-type": type });
      assertProblem(answer, 415, "unsupported_media_type");
    }
    const utf8 = { "content-type": "application/json; charset=utf-8" };
    assert.equal((await it.call("POST", PATH, JSON.stringify(jobRequest()), utf8)).status, 202);
    assertProblem(
      await it.call("POST", `${PATH}?dryrun=true`, jobRequest()),
      422,
      "invalid_request",
      "dryrun",
    );
    for (const query of ["dry_run=yes", "dry_run=true&dry_run=true"]) {
      const answer = await it.call("POST", `${PATH}?${query}`, jobRequest());
      assertProblem(answer, 422, "invalid_request", "dry_run");
    }
  });
});

Deno.test("POST /v1/training-jobs reports every fault at once", async () => {
  await served(async (it) => {
    const { json } = await it.call("POST", PATH, jobRequest("succeed", { epochs: 0, seed: -1, x: 1 }));
    assert.deepEqual(json.errors.map(({ path }: { path: string }) => path).sort(), ["epochs", "seed", "x"]);
  });
});

Deno.test("A webhook's secret is base64 that every receiver can decode", async () => {
  await served(async (it) => {
    const post = (text: string) => {
      const webhook = { url: "http://127.0.0.1:9", secret: `whsec_${text}` };
      return it.call("POST", `${PATH}?dry_run=true`, jobRequest("succeed", { webhook }));
    };
    const ofBytes = (count: number) => btoa("x".repeat(count));
    for (const count of [24, 25, 26, 32, 62, 63, 64]) assert.equal((await post(ofBytes(count))).status, 200);
    const wrong = [ofBytes(23), ofBytes(65), ofBytes(66), "A".repeat(33), "A".repeat(34), "A".repeat(35)];
    for (const text of [...wrong, `${"A".repeat(33)}===`, `${"A".repeat(31)}-`]) {
      assertProblem(await post(text), 422, "invalid_request", "webhook.secret");
    }
  });
});

Deno.test("The webhook's secret is shown once", async () => {
  await served(async (it) => {
    const url = "http://127.0.0.1:9/hook";
    const given = `whsec_${btoa("x".repeat(24))}`;
    const first = (await it.call("POST", PATH, jobRequest("succeed", { webhook: { url } }))).json;
    assert.match(first.config.webhook.secret, /^whsec_/);
    const second =
      (await it.call("POST", PATH, jobRequest("succeed", { webhook: { url, secret: given } }))).json;
    assert.deepEqual(second.config.webhook, { url, secret: given });
    for (const { id } of [first, second]) {
      assert.deepEqual((await it.call("GET", `${PATH}/${id}`)).json.config.webhook, { url });
    }
    assert.ok(!(await it.call("GET", PATH)).text.includes("whsec_"));
    const dry = await it.call(
      "POST",
      `${PATH}?dry_run=true`,
      jobRequest("succeed", { webhook: { url, secret: given } }),
    );
    assert.ok(!dry.text.includes("whsec_"));
  });
});

Deno.test("An Idempotency-Key gives the same answer to the same request", async () => {
  await served(async (it) => {
    const key = { "idempotency-key": "order-7" };
    const body = jobRequest("succeed", { webhook: { url: "http://127.0.0.1:9/hook" } });
    const first = await it.call("POST", PATH, body, key);
    await it.reaches(first.json.id, "succeeded");
    const reordered = JSON.stringify(Object.fromEntries(Object.entries(body).reverse()), null, 2);
    for (const same of [body, reordered]) {
      const again = await it.call("POST", PATH, same, key);
      assert.equal(again.status, 202);
      assert.equal(again.text, first.text);
      assert.equal(again.headers.get("location"), first.headers.get("location"));
    }
    assertProblem(await it.call("POST", PATH, { ...body, epochs: 3 }, key), 409, "idempotency_conflict");
    assert.equal(await count(it), 1);
    await it.call("POST", PATH, body, { "idempotency-key": "order-8" });
    await it.call("POST", PATH, body);
    assert.equal(await count(it), 3);
    assertProblem(
      await it.call("POST", PATH, body, { "idempotency-key": "k".repeat(256) }),
      422,
      "invalid_request",
    );
  });
});

Deno.test("Requests with one Idempotency-Key at the same time create one job", async () => {
  await served(async (it) => {
    const send = () => it.call("POST", PATH, jobRequest(), { "idempotency-key": "once" });
    const answers = await Promise.all([send(), send(), send(), send()]);
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [202]);
    assert.equal(new Set(answers.map(({ json }) => json.id)).size, 1);
    assert.equal(await count(it), 1);
  });
});

Deno.test("A request that was refused does not use up its Idempotency-Key", async () => {
  await served(async (it) => {
    const key = { "idempotency-key": "a" };
    assertProblem(
      await it.call("POST", PATH, jobRequest("succeed", { model: "nope" }), key),
      422,
      "unknown_model",
    );
    assert.equal((await it.call("POST", PATH, jobRequest(), key)).status, 202);
  });
});
