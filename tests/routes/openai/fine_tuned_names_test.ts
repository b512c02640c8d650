/** `ft:` names: taken wherever a model or a checkpoint is named, and told from those that are nobody's. */
import assert from "node:assert/strict";
import { checkpointOfName, fineTunedName } from "../../../core/contract/fine_tuned_name.ts";
import { assertProblem, jobRequest, served } from "../served.ts";

const CHECKPOINT = `ckpt_${"0".repeat(26)}`;

Deno.test("a checkpoint's name is found again from its name, whatever its job's model and suffix", () => {
  for (const model of ["tiny", "org/name", "a:proximal:b", "org--name@main"]) {
    for (const suffix of [null, "", "even", "My model: 2", "é"]) {
      const name = fineTunedName({ model, suffix }, CHECKPOINT);
      assert.equal(checkpointOfName(name), CHECKPOINT, name);
      assert.equal(name.split(":").at(-2), (suffix ?? "").replace("My model: 2", "My-model-2"));
    }
  }
  assert.equal(
    fineTunedName({ model: "tiny", suffix: null }, CHECKPOINT),
    `ft:tiny:proximal::${"0".repeat(26)}`,
  );
  for (const other of ["tiny", "ft:tiny", "ft:tiny:proximal:x:1", CHECKPOINT]) {
    assert.equal(checkpointOfName(other), null, other);
  }
});

Deno.test("a fine-tuned name stands for its checkpoint in every request that names a model", async () => {
  await served(async (it) => {
    const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
    const { checkpoint } = await it.reaches(id, "succeeded");
    const name = fineTunedName({ model: "qwen3", suffix: null }, checkpoint!);
    const ask = async (path: string, body: Record<string, unknown>) => {
      const answer = await it.call("POST", path, body);
      assert.ok(answer.status < 300, `${path} ${answer.text}`);
      return answer.json;
    };
    const folders = (text: string) => JSON.parse(text) as { model: string; checkpoint: string };
    for (const  of of[{ model: name }, { model: "qwen3", checkpoint: name }]) {
      const { data } = await ask("/v1/generations", { ...of, prompts: ["a"] });
      assert.match(folders(data[0].text).model, /\/qwen3$/);
      assert.match(folders(data[0].text).checkpoint, new RegExp(`jobs/${id}/1/epoch-2$`));
    }
    const own = await ask("/v1/generations", {
      model: "qwen3",
      prompts: ["a", { text: "b", checkpoint: name }],
    });
    assert.match(JSON.stringify(own), /epoch-2/);
    const completion = await ask("/v1/completions", { model: name, prompt: "a", seed: 0 });
    assert.equal(completion.model, name);
    assert.match(folders(completion.choices[0].text).checkpoint, /epoch-2$/);
    await ask("/v1/scores", { model: name, items: [{ prompt: "a", completion: "b" }] });

    const job = await ask("/v1/training-jobs", jobRequest("succeed", { model: name }));
    assert.deepEqual([job.model, job.config.checkpoint], ["qwen3", checkpoint]);
    const reward = { type: "sum", terms: [{ reward: { type: "model", model: name }, weight: 1 }] };
    const evaluation = { model: name, against: name, prompts: ["a"] };
    assertProblem(
      await it.call("POST", "/v1/evaluations", { ...evaluation, reward }),
      422,
      "unsupported_model",
      "reward",
    );
    const rule = { type: "length", target: 5 };
    const compared = await ask("/v1/evaluations?dry_run=true", { ...evaluation, reward: rule });
    assert.deepEqual([compared.config.checkpoint, compared.config.against], [checkpoint, checkpoint]);
  });
});

Deno.test("a fine-tuned name that is nobody's is refused with its field", async () => {
  await served(async (it) => {
    const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
    const { checkpoint } = await it.reaches(id, "succeeded");
    const right = fineTunedName({ model: "qwen3", suffix: null }, checkpoint!);
    const wrong = [
      fineTunedName({ model: "qwen3", suffix: null }, CHECKPOINT),
      fineTunedName({ model: "qwen3", suffix: "other" }, checkpoint!),
      fineTunedName({ model: "llama", suffix: null }, checkpoint!),
      "ft:qwen3",
    ];
    for (const name of wrong) {
      const body = { model: name, prompts: ["a"] };
      assertProblem(await it.call("POST", "/v1/generations", body), 422, "unknown_checkpoint", "model");
      const own = { model: "qwen3", prompts: ["a", { text: "b", checkpoint: name }] };
      const path = "prompts.1.checkpoint";
      assertProblem(await it.call("POST", "/v1/generations", own), 422, "unknown_checkpoint", path);
      const job = jobRequest("succeed", { model: name });
      assertProblem(await it.call("POST", "/v1/training-jobs", job), 422, "unknown_checkpoint", "model");
      const { status, json } = await it.call("POST", "/v1/completions", { model: name, prompt: "a" });
      assert.deepEqual([status, json.error.param, json.error.code], [404, "model", "model_not_found"]);
    }
    const both = { model: right, checkpoint, prompts: ["a"] };
    assertProblem(await it.call("POST", "/v1/generations", both), 422, "invalid_request", "checkpoint");
  });
});
