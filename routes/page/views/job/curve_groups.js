/** Which metrics a job's charts show, in which order and under which names; what is not named comes last, as it is called. */

const PPO = [
  {
    title: "Objective",
    charts: [
      {
        title: "Reward",
        names: ["objective/scores"],
        hint: "Mean score of a step's rollouts, as the advantages saw it",
      },
      { title: "Reward of evaluations", names: ["eval/avg_reward"] },
      { title: "KL from the reference", names: ["objective/kl"], hint: "Summed over a response, in nats" },
      { title: "Entropy", names: ["policy/entropy_avg"], hint: "Of the distribution at a token, in nats" },
      { title: "Response length", names: ["response_len/mean"], hint: "Tokens, the stop token included" },
      { title: "Cut off", names: ["truncated_frac"], hint: "Share of responses that max_new_tokens ended" },
    ],
  },
  {
    title: "Updates",
    charts: [
      { title: "Policy loss", names: ["loss/policy_avg"] },
      { title: "Value loss", names: ["loss/value_avg"] },
      {
        title: "Clipped tokens",
        names: ["policy/clipfrac_avg"],
        hint: "Share whose policy loss was clipped",
      },
      {
        title: "Explained variance",
        names: ["val/explained_var"],
        hint: "Share of the returns' variance that the critic explained: 1 is perfect, 0 useless",
      },
      {
        title: "Approximate KL",
        names: ["policy/approxkl_avg"],
        hint: "How far the updates moved from the rollout policy",
      },
      { title: "Gradient norm", names: ["policy/grad_norm"] },
    ],
  },
];

const SFT = [{
  title: "Loss",
  charts: [
    { title: "Loss", names: ["loss"] },
    { title: "Held-out loss", names: ["held_out/loss"] },
    { title: "Perplexity", names: ["perplexity"] },
    { title: "Held-out perplexity", names: ["held_out/perplexity"] },
    { title: "Token accuracy", names: ["token_accuracy"] },
    { title: "Held-out token accuracy", names: ["held_out/token_accuracy"] },
    { title: "Gradient norm", names: ["policy/grad_norm", "grad_norm"] },
  ],
}];

const REWARD_MODEL = [{
  title: "Preferences",
  charts: [
    { title: "Accuracy", names: ["accuracy"] },
    { title: "Held-out accuracy", names: ["held_out/accuracy"] },
    { title: "Loss", names: ["loss"] },
    { title: "Held-out loss", names: ["held_out/loss"] },
    { title: "Margin", names: ["margin"] },
  ],
}];

const GROUPS = { ppo: PPO, sft: SFT, reward_model: REWARD_MODEL, evaluation: [] };

/** One chart with a line each, where one job is shown. */
const TIMINGS = {
  title: "Seconds of a step",
  names: ["time/rollout_s", "time/reward_s", "time/analyze_s", "time/train_s", "time/evaluate_s"],
};

const SPEED = [
  { title: "Tokens per second", names: ["tokens_per_second"] },
  { title: "Memory", names: ["memory/rss_bytes"], hint: "Resident bytes of the engine process" },
];

const TERM = /^reward\/(.+)\/mean$/;

/**
 * Groups of charts for what `table` has: `{ title, charts: [{ title, names, hint }] }`.
 *
 * @param isAlone whether only one job is shown, so that a chart may have several metrics
 */
export function curveGroups(kind, table, isAlone) {
  const names = [...table.columns.keys()].filter((name) => table.has(name));
  const terms = names.filter((name) => TERM.test(name));
  const timings = isAlone
    ? [{ ...TIMINGS, names: TIMINGS.names.filter((name) => names.includes(name)) }]
    : TIMINGS.names.map((name) => ({
      title: name.replace("time/", "").replace("_s", " seconds"),
      names: [name],
    }));
  const groups = [
    ...GROUPS[kind],
    {
      title: "Reward by term",
      charts: terms.length > 1 ? terms.map((name) => ({ title: TERM.exec(name)[1], names: [name] })) : [],
    },
    { title: "Time and memory", charts: [...timings, ...SPEED] },
  ];
  const named = new Set([...groups.flatMap(({ charts }) => charts.flatMap(({ names }) => names)), ...terms]);
  const rest = names.filter((name) => !named.has(name)).sort().map((name) => ({
    title: name,
    names: [name],
  }));
  return [...groups, { title: "Everything else", charts: rest }]
    .map(({ title, charts }) => ({
      title,
      charts: charts.map((chart) => ({ ...chart, names: chart.names.filter((name) => names.includes(name)) }))
        .filter((chart) => chart.names.length > 0),
    })).filter(({ charts }) => charts.length > 0);
}
