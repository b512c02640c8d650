/** The job that an empty server is offered: a question in few words, on the embedded model. */
export const EXAMPLE_JOB = {
  kind: "ppo",
  model: "tiny",
  prompts: [
    "POST: My neighbor practices the drums every night. I talked to him twice and nothing changed.\nTL;DR:",
    "POST: My sister borrowed my bike last month and keeps forgetting to give it back.\nTL;DR:",
    "POST: My boss moved our meeting to Sunday morning and I already have plans.\nTL;DR:",
    "POST: The bakery on my street stopped making the bread I like.\nTL;DR:",
  ],
  epochs: 40,
  ppo: { batch_size: 16, max_new_tokens: 32, learning_rate: 0.002, kl_coef: 0.02 },
  reward: { type: "regex", pattern: "\\?\\s*$" },
  metadata: { name: "ask a question" },
};

/** A request as a command to paste. */
export function curlOf(job) {
  const body = JSON.stringify(job, null, 2).replaceAll("'", "'\\''");
  return `curl ${location.origin}/v1/training-jobs -H 'content-type: application/json' -d '${body}'`;
}
