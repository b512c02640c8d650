/** What a policy, its reference, its critic and a reward say of a completion. */
import type { Json } from "./client.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { policyOf, policyOptions } from "./policy_of.ts";
import { readJson } from "./read_input.ts";
import { short, table } from "./terminal.ts";

export const score: Command = {
  words: "PROMPT COMPLETION",
  what: "Say what a policy and a reward think of a completion, token by token",
  takes: [2, 2],
  options: {
    ...policyOptions,
    reward: { type: "string", short: "r", value: "JSON|FILE", what: "a reward, as a job has it" },
    answer: {
      type: "string",
      value: "TEXT",
      what: "the right completion, for rewards that compare with one",
    },
    temperature: { type: "string", short: "t", value: "T", what: "log-probabilities are taken at it (1)" },
  },
  async run({ client, terminal, words: [prompt, completion], options, json }) {
    const reward = options.text("reward");
    const temperature = options.number("temperature");
    const answer = options.text("answer");
    const result = await client.call("POST", "/v1/scores", {
      body: {
        ...await policyOf(client, options),
        items: [{ prompt, completion, ...(answer !== undefined && { answer }) }],
        ...(reward !== undefined && { reward: await readJson(reward, "a reward") }),
        ...(temperature !== undefined && { temperature }),
      },
    });
    if (json) {
      terminal.json(result);
      return EXIT.done;
    }
    const [item] = result.data;
    const shown = ["reward", "logprob", "ref_logprob", "kl"].filter((name) => typeof item[name] === "number");
    terminal.print(shown.map((name) => `${name} ${short(item[name])}`).join("  "));
    const columns = ["logprob", "kl_div", "entropy", "value"].filter((name) =>
      name in (item.tokens[0] ?? {})
    );
    const rows = item.tokens.map((token: Json) => [
      JSON.stringify(token.token),
      ...columns.map((name) => short(token[name])),
    ]);
    for (const line of table([["token", ...columns], ...rows])) terminal.print(line);
    return EXIT.done;
  },
};
