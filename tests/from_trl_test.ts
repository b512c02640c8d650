/** docs/from_trl.md: every name of TRL's is in it, and every field that it says one is exists. */
import assert from "node:assert/strict";
import { z } from "zod";
import { PPO_ALIASES } from "../core/contract/ppo_aliases.ts";
import { ppoJobSchema } from "../core/contract/ppo_job.ts";

const page = Deno.readTextFileSync(new URL("../docs/from_trl.md", import.meta.url));
/** `dataclasses.fields(PPOConfig)` and the arguments of `PPOTrainer.__init__`, as TRL has them. */
const { PPOConfig, PPOTrainer } = JSON.parse(
  Deno.readTextFileSync(new URL("./fixtures/trl-names.json", import.meta.url)),
) as Record<"PPOConfig" | "PPOTrainer", string[]>;

/** Rows of a heading's tables: TRL's name, and what it is here. */
function rowsOf(heading: string): [name: string, here: string, why: string][] {
  const from = page.indexOf(`\n## ${heading}\n`);
  assert.ok(from >= 0, heading);
  const end = page.indexOf("\n## ", from + 1);
  const lines = page.slice(from, end < 0 ? undefined : end).split("\n");
  return lines.flatMap((line) => {
    const [, name, here, why] = /^\| `([^`]+)` +\| (.*?) +\| (.*?) *\|$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, here!, why!] as [string, string, string]];
  });
}

const INHERITED = rowsOf("What PPOConfig inherits");
const ROWS = [...rowsOf("PPOConfig"), ...INHERITED];
const TRAINER = rowsOf("PPOTrainer");
const OLDER = rowsOf("Older names");

/** Every path of the contract's document, whichever form of a union it is in. */
function paths(schema: z.core.JSONSchema.BaseSchema, defs: Record<string, unknown>, at = ""): string[] {
  const ref = schema.$ref?.split("/").at(-1);
  if (ref !== undefined) return at.split(".").length > 4 ? [at] : paths(defs[ref] as typeof schema, defs, at);
  const forms = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])] as (typeof schema)[];
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
    paths(inner as typeof schema, defs, at === "" ? name : `${at}.${name}`)
  );
  return [at, ...own, ...forms.flatMap((form) => paths(form, defs, at))];
}

const document = z.toJSONSchema(ppoJobSchema, { io: "input", unrepresentable: "any" });
const known = new Set(paths(document, (document.$defs ?? {}) as Record<string, unknown>));

Deno.test("docs/from_trl.md has every name of TRL's PPOConfig and PPOTrainer, and no other", () => {
  assert.ok(PPOConfig.length > 100);
  assert.deepEqual(ROWS.map(([name]) => name).toSorted(), PPOConfig.toSorted());
  assert.deepEqual(TRAINER.map(([name]) => name).filter((name) => PPOTrainer.includes(name)), PPOTrainer);
});

Deno.test("each of them is a field of a job, or is said to have none, and why", () => {
  for (const [name, here, why] of [...ROWS, ...OLDER, ...TRAINER]) {
    if (here === "–") assert.ok(why.length >= 6, `${name} has no counterpart, and no reason`);
    const [, path] = /^`([a-z_0-9.]+)`$/.exec(here) ?? [];
    if (path === undefined) {
      assert.match(here, /^–$|^the body$|^`(GET|POST) /, `${name}: ${here}`);
    } else assert.ok(known.has(path), `${name}: a job has no ${path}`);
  }
});

Deno.test("names that are taken as they are stand for the fields that the page names", () => {
  const told = new Map([...ROWS, ...OLDER].map(([name, here]) => [name, here]));
  for (const [name, here] of told) {
    const ours = Object.hasOwn(PPO_ALIASES, name) ? PPO_ALIASES[name] : undefined;
    if (ours !== undefined) assert.equal(here, `\`ppo.${ours}\``, name);
  }
});

Deno.test("the page's example is a job", () => {
  const [, example] = /```json\n([\s\S]*?)```/.exec(page)!;
  const job = ppoJobSchema.parse(JSON.parse(example!));
  assert.equal(job.ppo.batch_size, 16 * 2);
});
