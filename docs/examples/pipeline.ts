/** Supervised fine-tuning, a reward model from preferences, and PPO on its scores. */
import { PPOTrainer, RewardModel, RewardTrainer, SFTTrainer } from "../../core/library/mod.ts";

const [model = "models/tiny", output = "data/pipeline-example"] = Deno.args;
const prompts = ["My dog", "The old house", "Her brother", "A letter", "The train", "Our garden"];

const sft = new SFTTrainer({ model, output: `${output}/sft`, sft: { batch_size: 2, learning_rate: 1e-3 } });
await sft.train(prompts.map((prompt) => ({ prompt, completion: " is far away." })), { epochs: 2 });

const judge = new RewardTrainer({
  model,
  output: `${output}/reward`,
  held_out: 2,
  reward_model: { batch_size: 2, learning_rate: 1e-3 },
});
const preferences = prompts.map((prompt) => ({
  prompt,
  chosen: " is far away.",
  rejected: " is near, and nobody knows for how long it will be so.",
}));
await judge.train(preferences, { epochs: 4 });
using reward = await RewardModel.load({ model, checkpoint: judge.checkpoint! });
const [better, worse] = await reward.score([
  { prompt: "My dog", completion: " is far away." },
  { prompt: "My dog", completion: " is near, and nobody knows for how long it will be so." },
]);
console.log(`the reward model scores ${better} over ${worse}`);

const trainer = new PPOTrainer({
  model,
  output: `${output}/ppo`,
  checkpoint: sft.checkpoint!,
  reward: { type: "model", model: "judge" },
  reward_models: { judge: { model, checkpoint: judge.checkpoint! } },
  ppo: { batch_size: 3, max_new_tokens: 12, learning_rate: 5e-4 },
});
const { metrics } = await trainer.train(prompts, { epochs: 2 });
console.log(`mean score ${metrics["objective/scores"]}`);
await trainer.save(`${output}/best`);
const again = await new PPOTrainer({ model, output, reward: () => [] }).load(`${output}/best`);
console.log(`saved and loaded: ${again.checkpoint}`);
