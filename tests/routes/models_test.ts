import assert from "node:assert/strict";
import { join } from "node:path";
import { ModelRegistry } from "../../core/models/model_registry.ts";
import { createLogger } from "../../core/log.ts";
import { OutboundGuard } from "../../core/outbound/outbound_guard.ts";
import { FakeHub } from "../core/hub/fake_hub.ts";
import { eventually } from "../core/jobs/supervised.ts";
import { assertProblem, FIXTURES, jobRequest, type Served, served } from "./served.ts";

const ID = "acme/tiny";
const FOLDER = "acme--tiny";
const PATH = "/v1/models/acme%2Ftiny";
const request = { hub_id: ID };

/** A server whose models may come from a hub on loopback. */
async function withHub(work: (it: Served, fake: FakeHub, registry: ModelRegistry) => Promise<void>) {
  await using fake = new FakeHub();
  const data = await Deno.makeTempDir();
  const registry = registryOf(fake, data);
  const modelRoots = [FIXTURES, join(await Deno.realPath(data), "models")];
  try {
    await served((it) => work(it, fake, registry), { registry, modelRoots });
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

function registryOf({ url }: FakeHub, data: string): ModelRegistry {
  return new ModelRegistry({
    hub: { url, guard: new OutboundGuard(["127.0.0.1"]) },
    folder: join(data, "models"),
    logger: createLogger("silent"),
    retry_delays_ms: [5],
  });
}

/** The model once it has this status. */
const reaches = (it: Served, status: string) =>
  eventually(async () => {
    const { json } = await it.call("GET", PATH);
    return json.status === status && json;
  });

Deno.test("POST /v1/models downloads a hub's model, which then is one of the models", () =>
  withHub(async (it, fake) => {
    const held = Promise.withResolvers<void>();
    fake.gate = held.promise;
    const accepted = await it.call("POST", "/v1/models", request);
    assert.equal(accepted.status, 202, accepted.text);
    assert.equal(accepted.headers.get("location"), PATH);
    const under = await eventually(async () => {
      const { json } = await it.call("GET", PATH);
      return json.download.bytes > 0 && json;
    });
    assert.equal(under.status, "downloading");
    assert.ok(under.download.bytes < under.download.total_bytes);
    assert.deepEqual(under.hub, { ...request, revision: "main", commit: fake.commit });
    assert.equal((await it.call("POST", "/v1/models", request)).status, 202);
    const generation = { model: ID, prompts: ["a"] };
    assertProblem(await it.call("POST", "/v1/generations", generation), 422, "unknown_model");
    held.resolve();
    const ready = await reaches(it, "ready");
    assert.equal(ready.model_type, "qwen3");
    assert.equal(ready.download, null);
    assert.equal(ready.hub.commit, fake.commit);
    const again = await it.call("POST", "/v1/models", request);
    assert.deepEqual([again.status, again.json], [200, ready]);
    const { data } = (await it.call("GET", "/v1/models")).json;
    assert.deepEqual(data.filter(({ id }: { id: string }) => id === ID), [ready]);
    for (const model of [ID, FOLDER]) {
      assert.equal((await it.call("POST", "/v1/generations", { ...generation, model })).status, 200);
      const path = `/v1/models/${encodeURIComponent(model)}`;
      assert.deepEqual((await it.call("GET", path)).json, ready);
      assert.deepEqual((await it.call("POST", "/v1/models", { path: model })).json, ready);
    }
    assert.deepEqual((await it.call("GET", "/v1/models/acme/tiny")).json, ready);
    assertProblem(await it.call("GET", "/v1/models/acme/none"), 404, "not_found");
    assertProblem(await it.call("PUT", "/v1/models/acme/tiny", {}), 405, "method_not_allowed");
    fake.commit = "f".repeat(40);
    assertProblem(await it.call("POST", "/v1/models", request), 409, "wrong_state", "revision");
  }));

Deno.test("DELETE /v1/models/{id} removes a hub's model, and nothing that is somebody's folder", () =>
  withHub(async (it, _fake, registry) => {
    await it.call("POST", "/v1/models", request);
    await reaches(it, "ready");
    const job = (await it.call("POST", "/v1/training-jobs", jobRequest("hang", { model: FOLDER }))).json;
    const busy = await it.call("DELETE", PATH);
    assertProblem(busy, 409, "wrong_state");
    assert.ok(busy.json.detail.includes(job.id));
    await it.call("POST", `/v1/training-jobs/${job.id}/cancel`);
    await it.reaches(job.id, "cancelled");
    // A reward model that was trained on it needs it as well.
    const preferences = [{ chosen: "a", rejected: "b" }, { chosen: "c", rejected: "d" }];
    const pairs = { ...jobRequest("succeed", { model: FOLDER, kind: "reward_model", preferences }) };
    const { prompts: _, reward: __, ...trained } = pairs as Record<string, unknown>;
    const scorer = (await it.call("POST", "/v1/training-jobs", trained)).json;
    const { checkpoint } = await it.reaches(scorer.id, "succeeded");
    const reward = { type: "model", model: checkpoint };
    const learner = (await it.call("POST", "/v1/training-jobs", jobRequest("hang", { reward }))).json;
    const needed = await it.call("DELETE", PATH);
    assertProblem(needed, 409, "wrong_state");
    assert.ok(needed.json.detail.includes(learner.id));
    assertProblem(await it.call("DELETE", `/v1/training-jobs/${scorer.id}`), 409, "wrong_state");
    await it.call("POST", `/v1/training-jobs/${learner.id}/cancel`);
    await it.reaches(learner.id, "cancelled");
    assert.equal((await it.call("DELETE", PATH)).status, 204);
    assertProblem(await it.call("GET", PATH), 404, "not_found");
    assert.deepEqual([...Deno.readDirSync(registry.root)], []);
    await it.call("POST", "/v1/models", request);
    await reaches(it, "ready");
    assert.equal((await it.call("DELETE", "/v1/models/acme/tiny")).status, 204);
    assert.deepEqual([...Deno.readDirSync(registry.root)], []);
    assertProblem(await it.call("DELETE", "/v1/models/qwen3"), 409, "wrong_state");
    assert.equal((await it.call("GET", "/v1/models/qwen3")).status, 200);
    for (const id of ["acme%2Ftiny", FOLDER, "nope", "..", "..%2F..%2Fmodels", ".download-x"]) {
      assertProblem(await it.call("DELETE", `/v1/models/${id}`), 404, "not_found");
    }
  }));

Deno.test("A download that is deleted stops, and one that failed goes on when it is asked for again", () =>
  withHub(async (it, fake, registry) => {
    const held = Promise.withResolvers<void>();
    fake.gate = held.promise;
    await it.call("POST", "/v1/models", request);
    await reaches(it, "downloading");
    // What is cut below is the next download's.
    await eventually(() => fake.requests.some(({ path }) => path.startsWith("/cdn/")));
    assert.equal((await it.call("DELETE", PATH)).status, 204);
    assert.deepEqual([...Deno.readDirSync(registry.root)], []);
    held.resolve();
    fake.cuts = [1000, 0, 0, 0];
    await it.call("POST", "/v1/models", request);
    const failed = await reaches(it, "failed");
    assert.equal(failed.problem.code, "hub_unreachable");
    fake.cuts = [];
    assert.equal((await it.call("POST", "/v1/models", request)).status, 202);
    await reaches(it, "ready");
    assert.match(fake.requests.at(-1)!.range!, /^bytes=1000-/);
  }));

Deno.test("A download that waits for another is deleted at once, and the other goes on", () =>
  withHub(async (it, fake) => {
    const held = Promise.withResolvers<void>();
    fake.gate = held.promise;
    await it.call("POST", "/v1/models", request);
    await reaches(it, "downloading");
    for (const again of [1, 2]) {
      const waiting = await it.call("POST", "/v1/models", { hub_id: "acme/twin" });
      assert.deepEqual([waiting.status, waiting.json.status], [202, "queued"], `${again}. time`);
      assert.equal((await it.call("DELETE", "/v1/models/acme--twin")).status, 204);
      assertProblem(await it.call("GET", "/v1/models/acme--twin"), 404, "not_found");
    }
    await it.call("POST", "/v1/models", { hub_id: "acme/twin" });
    assert.equal((await it.call("GET", "/v1/models/acme--twin")).json.status, "queued");
    held.resolve();
    await reaches(it, "ready");
    await eventually(async () => (await it.call("GET", "/v1/models/acme--twin")).json.status === "ready");
  }));

Deno.test("A stopped server's download is listed by the next one", async () => {
  await using fake = new FakeHub();
  const data = await Deno.makeTempDir();
  const held = Promise.withResolvers<void>();
  fake.gate = held.promise;
  const first = registryOf(fake, data);
  await first.open();
  await first.register("acme/tiny", "main");
  await eventually(() => first.downloads()[0]!.bytes > 0);
  await first.close();
  const second = registryOf(fake, data);
  await second.open();
  const [left] = second.downloads();
  assert.deepEqual([left!.id, left!.status, left!.error!.code], [FOLDER, "failed", "cancelled"]);
  held.resolve();
  await second.register("acme/tiny", "main");
  await eventually(() => second.source(ID));
  assert.deepEqual(second.downloads(), []);
  await second.close();
  await Deno.remove(data, { recursive: true });
});

Deno.test("POST /v1/models finds folders, and refuses everything else with the field", () =>
  withHub(async (it, fake) => {
    const found = await it.call("POST", "/v1/models", { path: "qwen3" });
    assert.deepEqual([found.status, found.json.id, found.json.hub], [200, "qwen3", null]);
    for (
      const [body, code, path] of [
        [{ path: "nope" }, "unknown_model", "path"],
        [{ path: "../fixtures/qwen3" }, "unknown_model", "path"],
        [{ path: FIXTURES + "/qwen3" }, "unknown_model", "path"],
        [{ hub_id: "acme/none" }, "unknown_model", "hub_id"],
        [{ ...request, revision: "dev" }, "unknown_model", "hub_id"],
        [{}, "invalid_request"],
        [{ path: "qwen3", ...request }, "invalid_request"],
        [{ hub_id: "tiny" }, "invalid_request"],
        [{ hub_id: "../models" }, "invalid_request"],
        [{ hub_id: "acme/../x" }, "invalid_request"],
        [{ hub_id: "acme/tiny?x" }, "invalid_request"],
        [{ hub_id: "a--b/c" }, "invalid_request"],
        [{ ...request, revision: "../main" }, "invalid_request"],
        [{ ...request, revision: "a b" }, "invalid_request"],
        [{ ...request, name: "x" }, "invalid_request"],
      ] as [Record<string, unknown>, string, string?][]
    ) {
      assertProblem(await it.call("POST", "/v1/models", body), 422, code, path);
    }
    assert.deepEqual(fake.requests, []);
  }));

Deno.test("Without a hub in reach POST /v1/models says at once how to bring a model by hand", () =>
  served(async (it) => {
    const answer = await it.call("POST", "/v1/models", request);
    assertProblem(answer, 503, "hub_unreachable");
    assert.match(answer.json.detail, /by other means into a folder below one of MODELS_DIR/);
    assert.deepEqual((await it.call("GET", PATH)).status, 404);
  }));
