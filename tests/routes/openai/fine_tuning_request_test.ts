/** What OpenAI's requests for fine-tuning become, and each that is refused, with the name of what is at fault. */
import assert from "node:assert/strict";
import { UserError } from "../../../core/errors.ts";
import { invalidValue } from "../../../core/field_errors.ts";
import { baseRate, fineTuningRequestSchema, translate } from "../../../routes/openai/fine_tuning_request.ts";

const grader = {
  type: "string_check",
  name: "exact",
  operation: "ilike",
  input: "{{sample.output_text}}",
  reference: "{{item.label}}",
};

type Json = Record<string, unknown>;

const base = { model: "tiny", training_file: "file-a" };

/** A request for reinforcement with these hyperparameters and more beside them. */
function reinforced(hyperparameters: Json = {}, more: Json = {}, top: Json = {}): Json {
  return {
    ...base,
    ...top,
    method: { type: "reinforcement", reinforcement: { grader, hyperparameters, ...more } },
  };
}

function translated(request: Json, parameters = 1e9) {
  const { data, error } = fineTuningRequestSchema.safeParse(request);
  if (error) throw invalidValue(error);
  return translate(data, { parameters, seed: 7 });
}

/** The job, of the kind that is looked at. */
// deno-lint-ignore no-explicit-any
const jobOf = (request: Json, parameters?: number): any => translated(request, parameters).job;

Deno.test("reinforcement is PPO with a grader as the reward, and auto has numbers", () => {
  const job = jobOf(reinforced());
  assert.deepEqual([job.kind, job.model, job.epochs, job.seed], ["ppo", "tiny", 3, 7]);
  assert.deepEqual([job.ppo.batch_size, job.ppo.rollouts_per_prompt, job.ppo.missing_eos_penalty], [8, 4, 0]);
  assert.deepEqual([job.reward.type, job.reward.grader.name, job.evaluate], ["grader", "exact", null]);
  const auto = {
    n_epochs: "auto",
    batch_size: "auto",
    learning_rate_multiplier: "auto",
    compute_multiplier: "auto",
  };
  assert.deepEqual(jobOf(reinforced({ ...auto, eval_interval: "auto", eval_samples: "auto" })), job);
  const { shown, remarks } = translated(reinforced());
  assert.deepEqual(shown.hyperparameters, null);
  assert.deepEqual((shown.method.reinforcement as Json).hyperparameters, {
    ...{ n_epochs: 3, batch_size: 8, learning_rate_multiplier: 1, compute_multiplier: 1 },
    ...{ eval_interval: "auto", eval_samples: 1, reasoning_effort: "default" },
  });
  assert.deepEqual(remarks, [{
    level: "info",
    message: "Peak learning rates: policy 0.00001, value network 0.0001, value head 0.0001".replace(
      /policy.*/,
      `policy ${job.ppo.learning_rate}, value network ${job.value.learning_rate}, value head ${job.value.head_learning_rate}`,
    ),
  }]);
});

Deno.test("numbers, seed and metadata are taken over, samples of a prompt by compute_multiplier", () => {
  const job = jobOf(reinforced(
    { n_epochs: 2, batch_size: 16, learning_rate_multiplier: 0.5, compute_multiplier: 2 },
    {},
    { seed: 3, metadata: { run: "a" } },
  ));
  assert.deepEqual([job.epochs, job.ppo.batch_size, job.ppo.rollouts_per_prompt], [2, 16, 8]);
  assert.deepEqual([job.ppo.learning_rate, job.seed, job.metadata], [5e-6, 3, { run: "a" }]);
  assert.equal(jobOf(reinforced({ compute_multiplier: 0.0001 })).ppo.rollouts_per_prompt, 1);
  assert.equal(jobOf(reinforced({ compute_multiplier: 10 })).ppo.rollouts_per_prompt, 40);
});

Deno.test("the base rate follows the model's size, within bounds", () => {
  assert.deepEqual([1e9, 1e5, 135e6, 4e9].map((size) => baseRate("reinforcement", size)), [
    1e-5,
    1e-3,
    2.7e-5,
    5e-6,
  ]);
  assert.deepEqual([1e9, 1e4, 135e6].map((size) => baseRate("supervised", size)), [1e-4, 3e-3, 2.7e-4]);
  const { value, ppo } = jobOf(reinforced(), 135e6);
  assert.equal(ppo.learning_rate, 2.7e-5);
  assert.ok(value.learning_rate > ppo.learning_rate);
});

Deno.test("a validation file is evaluated on the way, with a checkpoint there", () => {
  const job = jobOf(reinforced({ eval_interval: 5, eval_samples: 3 }, {}, { validation_file: "file-b" }));
  const { every_steps, every_epochs, samples_per_prompt, held_out_rows, prompts } = job.evaluate;
  assert.deepEqual([every_steps, every_epochs, samples_per_prompt, held_out_rows, prompts], [
    5,
    null,
    3,
    "last",
    null,
  ]);
  assert.equal(job.checkpoint_every_steps, 5);
  const auto = jobOf(reinforced({}, {}, { validation_file: "file-b" }));
  assert.deepEqual([auto.evaluate.every_epochs, auto.checkpoint_every_steps], [1, null]);
});

Deno.test("own knobs reach the job, and replace what auto stands for", () => {
  const proximal = {
    ppo: {
      kl_coef: 0.02,
      num_generations: 2,
      batch_size: 4,
      learning_rate: 1e-3,
      max_new_tokens: 9,
      missing_eos_penalty: 1,
    },
    trainable: { type: "lora", r: 4 },
    keep: { last: 2 },
  };
  const job = jobOf(reinforced({ learning_rate_multiplier: 2 }, { proximal }));
  const { kl_coef, rollouts_per_prompt, batch_size, learning_rate, max_new_tokens, missing_eos_penalty } =
    job.ppo;
  assert.deepEqual(
    { kl_coef, rollouts_per_prompt, batch_size, learning_rate, max_new_tokens, missing_eos_penalty },
    {
      kl_coef: 0.02,
      rollouts_per_prompt: 2,
      batch_size: 4,
      learning_rate: 2e-3,
      max_new_tokens: 9,
      missing_eos_penalty: 1,
    },
  );
  assert.deepEqual([job.trainable.r, job.keep.last], [4, 2]);
});

Deno.test("supervised is sft, with hyperparameters in either place or none", () => {
  const knobs = { n_epochs: 2, batch_size: 3, learning_rate_multiplier: 2 };
  const method = { type: "supervised", supervised: { hyperparameters: knobs } };
  const job = jobOf({ ...base, method, validation_file: "file-b" });
  assert.deepEqual([job.kind, job.epochs, job.sft.batch_size, job.sft.learning_rate], ["sft", 2, 3, 2e-4]);
  assert.deepEqual([job.held_out, job.held_out_rows], [1, "last"]);
  assert.deepEqual(jobOf({ ...base, hyperparameters: knobs, validation_file: "file-b" }), job);
  const plain = translated(base);
  assert.deepEqual([plain.method, plain.job.kind], ["supervised", "sft"]);
  assert.deepEqual(plain.shown.hyperparameters, { n_epochs: 3, batch_size: 8, learning_rate_multiplier: 1 });
});

Deno.test("what has no effect is told of", () => {
  const warned = (request: Json) =>
    translated(request).remarks.filter(({ level }) => level === "warn").map(({ message }) =>
      message.split(" ")[0]
    );
  assert.deepEqual(warned(reinforced({ reasoning_effort: "medium" })), ["reasoning_effort"]);
  assert.deepEqual(warned(reinforced({ reasoning_effort: "default" })), []);
  assert.deepEqual(warned(reinforced({}, { response_format: { type: "json_object" } })), ["response_format"]);
  assert.deepEqual(warned(reinforced({ eval_interval: 5 })), ["eval_interval"]);
  assert.deepEqual(warned(reinforced({ eval_interval: 5 }, {}, { validation_file: "file-b" })), []);
});

const REFUSED: [what: string, request: Json, param: string, message: RegExp][] = [
  ["dpo", { ...base, method: { type: "dpo", dpo: {} } }, "method.type", /got dpo.*reward model/],
  ["another method", { ...base, method: { type: "rlhf" } }, "method.type", /Expected/],
  [
    "no grader's method",
    { ...base, method: { type: "reinforcement" } },
    "method.reinforcement",
    /Expected a grader/,
  ],
  [
    "no grader",
    { ...base, method: { type: "reinforcement", reinforcement: {} } },
    "method.reinforcement.grader",
    /Expected/,
  ],
  [
    "two methods",
    { ...base, method: { type: "supervised", reinforcement: { grader } } },
    "method.reinforcement",
    /none beside/,
  ],
  [
    "integrations",
    { ...base, integrations: [{ type: "wandb", wandb: { project: "p" } }] },
    "integrations",
    /no integrations/,
  ],
  ["no model", { training_file: "file-a" }, "model", /got nothing/],
  ["no file", { model: "tiny" }, "training_file", /got nothing/],
  ["an unknown key", { ...base, epochs: 3 }, "epochs", /Unknown key/],
  ["a long suffix", { ...base, suffix: "x".repeat(65) }, "suffix", /at most 64/],
  ["a negative seed", { ...base, seed: -1 }, "seed", /at least 0/],
  ["a large seed", { ...base, seed: 2 ** 31 }, "seed", /at most/],
  [
    "many texts",
    { ...base, metadata: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`k${at}`, "v"])) },
    "metadata",
    /at most 16/,
  ],
  [
    "old knobs",
    { ...reinforced(), hyperparameters: { n_epochs: 1 } },
    "hyperparameters",
    /of supervised jobs/,
  ],
  [
    "knobs twice",
    { ...base, hyperparameters: {}, method: { type: "supervised", supervised: { hyperparameters: {} } } },
    "hyperparameters",
    /got both/,
  ],
  ...([
    ["n_epochs", [0, 51, 1.5, "two"]],
    ["batch_size", [0, 257]],
    ["learning_rate_multiplier", [0, -1]],
    ["compute_multiplier", [0, 11]],
    ["eval_interval", [0]],
    ["eval_samples", [0]],
    ["reasoning_effort", ["extreme"]],
  ] as const).flatMap(([name, values]) =>
    values.map((value): [string, Json, string, RegExp] => [
      `${name} ${value}`,
      reinforced({ [name]: value }),
      `method.reinforcement.hyperparameters.${name}`,
      /Expected/,
    ])
  ),
  ["beta", reinforced({ beta: 0.1 }), "method.reinforcement.hyperparameters.beta", /Unknown key/],
  [
    "a bad grader",
    reinforced({}, { grader: { ...grader, operation: "sql" } }),
    "method.reinforcement.grader.operation",
    /Expected/,
  ],
  [
    "a bad template",
    reinforced({}, { grader: { ...grader, input: "{{env.key}}" } }),
    "method.reinforcement.grader.input",
    /./,
  ],
  [
    "meteor",
    reinforced({}, {
      grader: { type: "text_similarity", input: "a", reference: "b", evaluation_metric: "meteor" },
    }),
    "method.reinforcement.grader.evaluation_metric",
    /WordNet/,
  ],
  [
    "an endpoint grader",
    reinforced({}, { grader: { type: "endpoint", url: "http://x" } }),
    "method.reinforcement.grader.type",
    /./,
  ],
  [
    "a bad format",
    reinforced({}, { response_format: { type: "xml" } }),
    "method.reinforcement.response_format",
    /Expected/,
  ],
  [
    "a bad own knob",
    reinforced({}, { proximal: { ppo: { kl_coef: -1 } } }),
    "method.reinforcement.proximal.ppo.kl_coef",
    /at least 0/,
  ],
  [
    "an own knob of no kind",
    reinforced({}, { proximal: { ppo: 5 } }),
    "method.reinforcement.proximal.ppo",
    /./,
  ],
  [
    "an unknown own field",
    reinforced({}, { proximal: { prompts: ["a"] } }),
    "method.reinforcement.proximal.prompts",
    /Unknown key/,
  ],
  [
    "a number twice",
    reinforced({ batch_size: 4 }, { proximal: { ppo: { batch_size: 8 } } }),
    "method.reinforcement.proximal.ppo.batch_size",
    /got both/,
  ],
];

for (const [what, request, param, message] of REFUSED) {
  Deno.test(`refused by name: ${what}`, () => {
    assert.throws(() => translated(request), (error) => {
      assert.ok(error instanceof UserError, `${error}`);
      const [first] = error.errors;
      assert.deepEqual(
        first?.path.split(".").slice(0, param.split(".").length).join("."),
        param,
        error.message,
      );
      assert.match(error.message, message);
      return true;
    });
  });
}
