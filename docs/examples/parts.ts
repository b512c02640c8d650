/** The parts by themselves: texts, values, advantages, and an experience buffer. */
import {
  AdvantageComputer,
  type Experience,
  ExperienceBuffer,
  Generator,
  PolicyModel,
  PPOTrainer,
  ValueModel,
} from "../../core/library/mod.ts";

const [model = "models/tiny", output = "data/parts-example"] = Deno.args;

using policy = await PolicyModel.load(model);
const generator = new Generator(policy, { max_new_tokens: 12, temperature: 0.8, top_k: 20, top_p: 0.9 });
const [completion] = await generator.generate(["The old house"], { seed: 3, logprobs: true });
console.log(completion!.text, completion!.logprobs);

const trainer = new PPOTrainer({
  model,
  output,
  reward: { type: "length", target: 8 },
  ppo: { batch_size: 2, max_new_tokens: 12 },
});
await trainer.train(["My dog", "The train"]);
using critic = await ValueModel.load(model, trainer.checkpoint!);
const [values] = await critic.values([{ prompt: "My dog", completion: " is far away." }]);
const rewards = values!.map((_, at) => at === values!.length - 1 ? 1 : 0);
const { advantages, returns, reward_to_go } = new AdvantageComputer({ gamma: 0.99, lam: 0.95 })
  .compute({ rewards, values: values! });
console.log({ values, advantages, returns, reward_to_go });

const buffer = new ExperienceBuffer({ max_bytes: 1_000_000, overflow: "reject" });
const tokens = values!.length;
const row: Experience = {
  ...{ rollout_id: "1-0", prompt_idx: 0, group: 0, sample: 0, step: 0, row: 0, epoch: 0, policy_version: 0 },
  ...{ prompt_ids: Int32Array.of(1), response_ids: new Int32Array(tokens), terminated: true },
  ...{ finish_reason: "stop", raw_score: 1, terms: {}, score: 1, bootstrap_value: 0 },
  ...{ logprobs: new Float32Array(tokens), ref_logprobs: new Float32Array(tokens) },
  ...{ rollout_logprobs: new Float32Array(tokens), values: Float32Array.from(values!) },
  ...{ kl: new Float32Array(tokens), rewards: Float32Array.from(rewards), advantages, returns },
};
buffer.store(row);
const [drawn] = buffer.sampleBatch(1, { seed: 0, step: 0, round: 0, policy_version: 0 });
console.log(`in the buffer: ${buffer.size}, drawn: ${drawn!.rollout_id}`);
buffer.clear();
