/**
 * The whole pipeline from nothing: `deno task story [--seeds 3] [--json FILE] [--export FOLDER]`. For each seed a model with random
 * weights learns to sum up posts (sft); pairs of its own summaries, which a judge compares, make a reward model; PPO
 * trains it on that model's scores; and an evaluation compares it with what it was, on posts that nothing was trained
 * on. Prints a table and texts side by side, and fails where a figure is not what it should be. `--export` keeps the
 * first seed's policy before PPO and its reward model as folders that transformers loads, for `task bench --learning story`.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServer } from "./start_server.ts";
import { Api } from "./api.ts";
import { examples, mark } from "./story/domain.ts";
import { NEW_TOKENS, STORY_PROMPTS, storyPpo } from "./story/ppo.ts";

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "3" },
    json: { type: "string" },
    export: { type: "string" },
  },
});

/** What must hold for every seed. */
const WANTED = { held_out_accuracy: 0.9, win_rate: 0.8, kl: 10 } as const;

const MODEL = {
  family: "qwen3",
  hidden_size: 128,
  num_layers: 4,
  num_heads: 4,
  num_kv_heads: 2,
  max_position_embeddings: 256,
};

interface Chapter {
  seed: number;
  sft_perplexity: number;
  held_out_accuracy: number;
  win_rate: number;
  /** By the judge that the reward model was taught by, before and after PPO. */
  mark_before: number;
  mark_after: number;
  score_before: number;
  score_after: number;
  kl: number;
  samples: { prompt: string; completion: string; against: string }[];
}

const started = performance.now();
const server = await startServer();
const api = new Api(server.url);
try {
  const chapters: Chapter[] = [];
  for (let seed = 0; seed < Number(options.seeds); seed++) chapters.push(await chapter(seed));
  report(chapters);
  if (options.json) await Deno.writeTextFile(options.json, JSON.stringify(chapters, null, 2));
  const faults = chapters.flatMap((one) => faultsOf(one));
  if (faults.length > 0) throw new Error(faults.join("\n"));
} finally {
  await server.stop();
}

async function chapter(seed: number): Promise<Chapter> {
  const newborn = `newborn-${seed}`;
  await api.call("POST", "/v1/models", { name: newborn, config: MODEL, tokenizer: "tiny", seed });
  const sft = await api.run(`seed ${seed}, sft`, {
    ...{ kind: "sft", model: newborn, seed, examples: examples(seed, 8000), trainable: { type: "full" } },
    held_out: 200,
    sft: { batch_size: 32, learning_rate: 3e-3, lr_scheduler: "cosine", warmup_steps: 20 },
  });
  // What comes now is trained as adapters on what sft came to, which is PPO's reference.
  const model = `taught-${seed}`;
  await api.call("POST", "/v1/models", { name: model, checkpoint: sft.checkpoint });
  const reward = await api.run(`seed ${seed}, reward model`, {
    ...{ kind: "reward_model", model, seed, epochs: 3, preferences: await preferences(model, seed) },
    reward_model: { batch_size: 16, learning_rate: 1e-3, head_learning_rate: 1e-2, lr_scheduler: "cosine" },
  });
  if (options.export && seed === 0) {
    await api.download(sft.checkpoint, join(options.export, "policy"));
    await api.download(reward.checkpoint, join(options.export, "reward"));
  }
  const ppo = await api.run(`seed ${seed}, ppo`, {
    ...storyPpo(),
    ...{ model, seed, reward: { type: "model", model: reward.checkpoint } },
  });
  const { result } = await api.run(`seed ${seed}, evaluation`, {
    ...{ kind: "evaluation", model, checkpoint: ppo.checkpoint, against: "base", seed },
    ...{
      prompts: STORY_PROMPTS.evaluation,
      samples_per_prompt: 4,
      generation: { max_new_tokens: NEW_TOKENS },
    },
    reward: { type: "model", model: reward.checkpoint },
  });
  const [before, after] = [
    await judged(model, null, seed),
    await judged(model, ppo.checkpoint, seed),
  ];
  return {
    seed,
    sft_perplexity: (await api.lastEpoch(sft.id))["held_out/perplexity"]!,
    held_out_accuracy: (await api.lastEpoch(reward.id))["held_out/accuracy"]!,
    win_rate: result.win_rate,
    mark_before: before,
    mark_after: after,
    score_before: result.reward.against,
    score_after: result.reward.mean,
    kl: result.kl,
    samples: result.samples.slice(0, 3),
  };
}

/** Two different summaries of each post, the judge's choice first; a pair that it finds equal says nothing. */
async function preferences(model: string, seed: number) {
  const data = await sampled(model, null, STORY_PROMPTS.pairs, { n: 4, seed });
  return STORY_PROMPTS.pairs.flatMap((prompt, index) => {
    const own = data.filter(({ prompt_index }) => prompt_index === index).map(({ text }) => text).filter((
      text,
    ) => text.trim() !== "");
    const ordered = [...new Set(own)].sort((a, b) => mark(b) - mark(a));
    const [chosen, rejected] = [ordered[0], ordered.at(-1)];
    if (chosen === undefined || rejected === undefined || mark(chosen) === mark(rejected)) return [];
    return [{ prompt, chosen, rejected }];
  });
}

/** The judge's mean mark of summaries of the evaluation's posts. */
async function judged(model: string, checkpoint: string | null, seed: number): Promise<number> {
  const data = await sampled(model, checkpoint, STORY_PROMPTS.evaluation, { n: 4, seed });
  return data.reduce((sum, { text }) => sum + mark(text), 0) / data.length;
}

async function sampled(
  model: string,
  checkpoint: string | null,
  prompts: readonly string[],
  { n, seed }: { n: number; seed: number },
): Promise<{ prompt_index: number; text: string }[]> {
  const parts = [];
  for (let at = 0; at < prompts.length; at += 64) {
    const { data } = await api.call("POST", "/v1/generations", {
      ...{ model, checkpoint, prompts: prompts.slice(at, at + 64), n, seed: seed + at },
      ...{ max_new_tokens: NEW_TOKENS, temperature: 1 },
    });
    parts.push(
      ...data.map((one: { prompt_index: number; text: string }) => ({
        ...one,
        prompt_index: at + one.prompt_index,
      })),
    );
  }
  return parts;
}

function faultsOf({ seed, held_out_accuracy, win_rate, kl }: Chapter): string[] {
  return [
    ...(held_out_accuracy >= WANTED.held_out_accuracy
      ? []
      : [`seed ${seed}: held-out accuracy ${held_out_accuracy}`]),
    ...(win_rate >= WANTED.win_rate ? [] : [`seed ${seed}: win rate ${win_rate}`]),
    ...(kl < WANTED.kl ? [] : [`seed ${seed}: KL ${kl} nats a sequence`]),
  ];
}

function report(chapters: readonly Chapter[]): void {
  console.log("\n| seed | sft perplexity | reward model's accuracy | win rate | score | judge's mark | KL |");
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  const n = (value: number, digits = 2) => value.toFixed(digits);
  for (const one of chapters) {
    console.log(
      `| ${one.seed} | ${n(one.sft_perplexity)} | ${n(one.held_out_accuracy, 3)} | ${n(one.win_rate, 3)} ` +
        `| ${n(one.score_before)} → ${n(one.score_after)} | ${n(one.mark_before)} → ${n(one.mark_after)} | ${
          n(one.kl)
        } |`,
    );
  }
  for (const { seed, samples } of chapters) {
    console.log(`\nseed ${seed}`);
    for (const { prompt, completion, against } of samples) {
      console.log(`${prompt.replace(/\nTL;DR:$/, "")}\n  sft:${against}\n  ppo:${completion}`);
    }
  }
  console.log(`\n${Math.round((performance.now() - started) / 1000)} s in all`);
}
