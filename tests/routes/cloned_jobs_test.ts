import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { jobs } from "../../core/db/schema.ts";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";

const PATH = "/v1/training-jobs";

async function start(it: Served, request: Record<string, unknown>): Promise<string> {
  const answer = await it.call("POST", PATH, request);
  assert.equal(answer.status, 202, answer.text);
  return answer.json.id;
}

const rowsOf = async (it: Served, id: string) =>
  // deno-lint-ignore no-explicit-any
  (await it.call("GET", `${PATH}/${id}/rows?limit=1000`)).json.data.map(({ row }: any) => row);

Deno.test("a job is cloned with its rows and configuration, and each override is merged in", async () => {
  await served(async (it) => {
    const id = await start(it, {
      ...jobRequest("succeed", {
        prompts: ["a", { id: "x", text: "b", answer: "c" }],
        ppo: { batch_size: 4, learning_rate: 0.001, kl_coef: 0.05 },
        trainable: { type: "lora", r: 4, alpha: 8 },
        reward: {
          type: "sum",
          terms: [{ reward: { type: "length", target: 5 } }, {
            reward: { type: "keywords", keywords: ["a"] },
          }],
        },
        metadata: { a: "1", b: "2" },
        webhook: { url: "http://127.0.0.1:9/hook" },
      }),
    });
    const original = (await it.call("GET", `${PATH}/${id}`)).json;
    const clone = async (overrides: Record<string, unknown>) =>
      (await it.call("GET", `${PATH}/${await start(it, { from: id, ...overrides })}`)).json;

    const same = await clone({});
    assert.notEqual(same.id, id);
    assert.deepEqual(same.config, { ...original.config, webhook: null });
    assert.deepEqual(await rowsOf(it, same.id), await rowsOf(it, id));

    const other = await clone({
      ppo: { learning_rate: 0.002, init_kl_coef: 0.1 },
      reward: { type: "regex", pattern: "x" },
      metadata: { b: null, c: "3" },
      epochs: 1,
      prompts: ["z"],
    });
    assert.deepEqual(
      [other.config.ppo.batch_size, other.config.ppo.learning_rate, other.config.ppo.kl_coef],
      [4, 0.002, 0.1],
    );
    assert.deepEqual(other.config.reward, { type: "regex", pattern: "x", flags: "" });
    assert.deepEqual(other.config.metadata, { a: "1", c: "3" });
    assert.equal(other.config.epochs, 1);
    assert.deepEqual(await rowsOf(it, other.id), ["z"]);
    assert.deepEqual(other.config.trainable, original.config.trainable);

    // What null takes away has its default again; here one that follows the new rate.
    assert.equal(original.config.value.learning_rate, 0.003);
    const followed = await clone({ ppo: { learning_rate: 0.0001 }, value: { learning_rate: null } });
    assert.equal(followed.config.value.learning_rate, 0.0003);
    const kept = await clone({ ppo: { learning_rate: 0.0001 } });
    assert.equal(kept.config.value.learning_rate, 0.003);

    // A term's reward is in a list, which is replaced as a whole.
    const terms = await clone({ reward: { terms: [{ reward: { type: "length", target: 9 } }] } });
    assert.deepEqual(
      terms.config.reward.terms.map((term: { reward: { target: number } }) => term.reward.target),
      [9],
    );
  });
});

Deno.test("a clone is checked as any request, dry runs and idempotency included, and errors name fields", async () => {
  await served(async (it) => {
    const id = await start(it, jobRequest());
    const refused = async (body: Record<string, unknown>, path: string, code = "invalid_request") =>
      assertProblem(await it.call("POST", PATH, body), 422, code, path);
    await refused({ from: "job_none" }, "from");
    await refused({ from: 7 }, "from");
    await refused({ from: null }, "from");
    await refused({ from: id, kind: "sft" }, "kind");
    await refused({ from: id, overrides: { epochs: 2 } }, "overrides");
    await refused({ from: id, ppo: { batch_size: -1 } }, "ppo.batch_size");
    await refused({ from: id, ppo: { kl_coef: 0.1, init_kl_coef: 0.2 } }, "ppo.init_kl_coef");
    await refused({ from: id, pppo: {} }, "pppo");
    await refused({ from: id, prompts: null }, "prompts");
    await refused({ from: id, reward: null }, "reward");
    await refused({ from: id, prompts: Array(20).fill("a").with(18, 5) }, "prompts.18");

    const before = (await it.call("GET", PATH)).json.data.length;
    for (const path of [`${PATH}/dry-run`, `${PATH}?dry_run=true`]) {
      const dry = await it.call("POST", path, { from: id, epochs: 3 });
      assert.equal(dry.status, 200, dry.text);
      assert.deepEqual([dry.json.config.epochs, dry.json.rows.count], [3, 2]);
    }
    assert.equal((await it.call("GET", PATH)).json.data.length, before);
    const key = { "idempotency-key": "once" };
    const one = await it.call("POST", PATH, { from: id }, key);
    const two = await it.call("POST", PATH, { from: id }, key);
    assert.equal(one.json.id, two.json.id);
    assert.equal((await it.call("POST", PATH, { from: id, epochs: 9 }, key)).status, 409);
  });
});

Deno.test("rows and a dataset, a checkpoint and an adapter take each other's place in a clone", async () => {
  await served(async (it) => {
    const type = { "content-type": "application/jsonl" };
    const dataset = (await it.call("POST", "/v1/datasets", '{"text":"from a file"}\n', type)).json.id;
    const id = await start(it, jobRequest());
    const { checkpoint } = await it.reaches(id, "succeeded");
    const columns = { text: "text" };
    const read = await start(it, { from: id, dataset, columns });
    assert.deepEqual(await rowsOf(it, read), [{ text: "from a file" }]);
    const readAgain = await start(it, { from: read, checkpoint });
    const shown = (await it.call("GET", `${PATH}/${readAgain}`)).json;
    assert.deepEqual([shown.config.dataset, shown.config.columns, shown.config.checkpoint], [
      dataset,
      columns,
      checkpoint,
    ]);
    assert.deepEqual(await rowsOf(it, readAgain), [{ text: "from a file" }]);
    const listed = await start(it, { from: read, prompts: ["a"] });
    const view = (await it.call("GET", `${PATH}/${listed}`)).json;
    assert.deepEqual([view.rows, await rowsOf(it, listed)], [{ field: "prompts", count: 1, dataset: null }, [
      "a",
    ]]);
    // An adapter in the place of the checkpoint: what is refused is the adapter alone.
    const other = await it.call("POST", PATH, { from: readAgain, adapter: "nowhere" });
    assert.equal(other.status, 422);
    assert.deepEqual(other.json.errors.map(({ path }: { path: string }) => path), ["adapter"]);
  });
});

Deno.test("secrets of a reward go with a clone that leaves the reward alone, and nowhere else", async () => {
  await served(async (it) => {
    const reward = {
      type: "http",
      url: "http://127.0.0.1:9/score",
      headers: { authorization: "Bearer secret" },
    };
    const id = await start(it, jobRequest("succeed", { reward }));
    const secretsOf = async (job: string) =>
      (await it.db.read.select({ secrets: jobs.reward_secrets }).from(jobs).where(eq(jobs.id, job)))[0]!
        .secrets;
    const clone = await it.call("POST", PATH, { from: id, epochs: 1 });
    assert.equal(clone.status, 202, clone.text);
    assert.doesNotMatch(clone.text, /Bearer secret/);
    assert.deepEqual(await secretsOf(clone.json.id), await secretsOf(id));
    const elsewhere = await it.call("POST", PATH, { from: id, reward: { url: "http://127.0.0.1:8/mine" } });
    assert.equal(elsewhere.status, 422, elsewhere.text);
    assert.match(elsewhere.text, /reward\.headers\.authorization/);
    const replaced = { url: "http://127.0.0.1:8/mine", headers: { authorization: null } };
    const open = await start(it, { from: id, reward: replaced });
    assert.equal(await secretsOf(open), null);
  });
});

Deno.test("evaluations are cloned by their own route, and others are not", async () => {
  await served(async (it) => {
    const request = { model: "qwen3", prompts: ["a"], reward: { type: "length", target: 5 }, seed: 1 };
    const made = await it.call("POST", "/v1/evaluations", request);
    assert.equal(made.status, 202, made.text);
    const again = await it.call("POST", "/v1/evaluations", { from: made.json.id, samples_per_prompt: 2 });
    assert.equal(again.status, 202, again.text);
    assert.equal(again.json.config.samples_per_prompt, 2);
    const id = await start(it, jobRequest());
    assertProblem(await it.call("POST", "/v1/evaluations", { from: id }), 422, "invalid_request", "from");
  });
});
