/** Other libraries' names for hyper-parameters. */
import assert from "node:assert/strict";
import { OpenAPIHono } from "@hono/zod-openapi";
import { PPO_ALIASES, PPO_NEAR } from "../../../core/contract/ppo_aliases.ts";
import { ppoJobSchema, ppoSchema } from "../../../core/contract/ppo_job.ts";

const JOB = { kind: "ppo", model: "tiny", prompts: ["a"], reward: { type: "length", target: 3 } };

const parse = (ppo: unknown) => ppoJobSchema.safeParse({ ...JOB, ppo });

/** `path: message` of each fault. */
const faults = (ppo: unknown) =>
  parse(ppo).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

/** A value other than the default that each field takes. */
const VALUES: Record<string, number> = {
  clip_epsilon: 0.35,
  clip_epsilon_high: 0.4,
  kl_coef: 0.3,
  max_new_tokens: 17,
  num_ppo_epochs: 3,
  adam_eps: 1e-6,
  rollouts_per_prompt: 5,
};

for (const [alias, field] of Object.entries(PPO_ALIASES)) {
  Deno.test(`${alias} is ${field}: taken, echoed by its own name, and named in its text`, () => {
    const value = VALUES[field]!;
    const ppo = parse({ [alias]: value }).data!.ppo as Record<string, unknown>;
    assert.deepEqual([ppo[field], alias in ppo], [value, false]);
    assert.deepEqual(ppo, parse({ [field]: value }).data!.ppo);
    assert.match(
      (ppoSchema.shape as Record<string, { description?: string }>)[field]!.description!,
      RegExp(alias),
    );
  });

  Deno.test(`${alias} beside ${field}: the same value is taken, another refused by both names`, () => {
    const value = VALUES[field]!;
    assert.deepEqual(faults({ [alias]: value, [field]: value }), []);
    for (
      const ppo of [{ [alias]: value + 1e-7, [field]: value }, { [field]: value, [alias]: value + 1e-7 }]
    ) {
      const [fault, ...others] = faults(ppo);
      assert.deepEqual(others, []);
      assert.ok(fault!.startsWith(`ppo.${alias}: Expected what ${field} is, `), fault);
    }
  });
}

Deno.test("two other names of one field contradict each other by name", () => {
  assert.deepEqual(faults({ cliprange: 0.3, epsilon: 0.3 }), []);
  assert.deepEqual(faults({ cliprange: 0.3, epsilon: 0.1 }), [
    "ppo.epsilon: Expected what cliprange is, 0.3, as both are names of clip_epsilon, got 0.1",
  ]);
});

Deno.test("names that mean something near are refused with what to use", () => {
  for (const name of Object.keys(PPO_NEAR)) {
    const [fault, ...others] = faults({ [name]: 1 });
    assert.deepEqual(others, []);
    assert.ok(fault!.startsWith(`ppo.${name}: Unknown key: `), fault);
  }
});

Deno.test("no other name is one of ours, and the document knows ours alone", () => {
  const ours = Object.keys(ppoSchema.shape);
  for (const name of [...Object.keys(PPO_ALIASES), ...Object.keys(PPO_NEAR)]) {
    assert.ok(!ours.includes(name), name);
  }
  const app = new OpenAPIHono();
  app.openAPIRegistry.register("Job", ppoJobSchema);
  const { components } = app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "t", version: "1" } });
  const config = components!.schemas!["PpoConfig"] as { properties: Record<string, unknown> };
  assert.deepEqual(Object.keys(config.properties).sort(), ours.sort());
});

Deno.test("what is no object, and keys with a meaning to the language, are refused as before", () => {
  assert.deepEqual(faults(3), ["ppo: Expected an object, got 3"]);
  assert.match(faults([]).join(), /^ppo: Expected an object/);
  assert.match(faults(JSON.parse('{"__proto__": {"clip_epsilon": 1}}')).join(), /__proto__/);
  assert.match(faults({ toString: 1, constructor: 2 }).join(), /toString.*constructor/);
});
