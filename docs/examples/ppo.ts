/** PPO on a model's folder with a reward of your own, and what it decided token by token. */
import { PolicyModel, PPOTrainer, TokenAttributor } from "../../core/library/mod.ts";

const [model = "models/tiny", output = "data/ppo-example"] = Deno.args;
const prompts = [
  "POST: My sister took my bike and will not give it back.\nTL;DR:",
  "POST: My neighbor plays the drums at night. I asked him to stop.\nTL;DR:",
  "POST: My cat hides whenever my uncle comes for dinner.\nTL;DR:",
  "POST: I lost the key of the cellar and told nobody.\nTL;DR:",
];

const trainer = new PPOTrainer({
  model,
  output,
  // One number for each completion: here, a question in few words.
  reward: (batch) =>
    batch.map(({ completion }) =>
      (completion.trim().endsWith("?") ? 1 : 0) - Math.abs(completion.trim().split(/\s+/).length - 10) / 10
    ),
  ppo: { batch_size: 4, max_new_tokens: 24, learning_rate: 1e-3, kl_coef: 0.1, gamma: 0.99, lam: 0.95 },
  trainable: { type: "lora", r: 16, alpha: 32 },
  seed: 0,
});

const run = await trainer.train(prompts, {
  epochs: 3,
  callbacks: {
    onEpoch({ epoch, metrics: { policy_loss, value_loss, kl_div, avg_reward } }) {
      console.log(`epoch ${epoch}:`, { policy_loss, value_loss, kl_div, avg_reward });
    },
  },
});
const { reward, win_rate } = await trainer.evaluate(prompts, { samples_per_prompt: 2 });
console.log(`mean reward ${reward.mean}, the bare model's ${reward.against}, win rate ${win_rate}`);

const pairs = await new TokenAttributor(run).extractPairs({ step: run.progress.steps, prompt_idx: 0 });
for (const { action_token, logprob, ref_logprob, value, advantage } of pairs) {
  console.log(JSON.stringify({ action_token, logprob, ref_logprob, value, advantage }));
}

using policy = await PolicyModel.load(model, { checkpoint: trainer.checkpoint! });
const [text] = await policy.generate([prompts[0]!], { max_new_tokens: 24, temperature: 0 });
console.log(prompts[0] + text!.text);
