/** Generates with a model or a checkpoint. */
import type { Json } from "./client.ts";
import type { Command } from "./command.ts";
import { Refusal } from "./client.ts";
import { EXIT } from "./exit_codes.ts";
import { policyOf, policyOptions } from "./policy_of.ts";
import { readInput } from "./read_input.ts";
import { plainText } from "./terminal.ts";

export const generate: Command = {
  words: "[PROMPT…]",
  what: "Generate texts; without a prompt, standard input is one",
  takes: [0, 256],
  options: {
    ...policyOptions,
    chat: { type: "boolean", what: "send each prompt as a user's message" },
    n: { type: "string", value: "N", what: "texts for each prompt (1)" },
    "max-new-tokens": { type: "string", value: "N", what: "at most so many tokens (50)" },
    temperature: { type: "string", short: "t", value: "T", what: "0 is greedy (1)" },
    "top-k": { type: "string", value: "K", what: "of the K likeliest tokens alone" },
    "top-p": { type: "string", value: "P", what: "of the likeliest tokens that make up P" },
    seed: { type: "string", value: "N", what: "the same seed gives the same texts (0)" },
    stop: { type: "string", multiple: true, value: "TEXT", what: "ends a text; may be repeated" },
  },
  async run({ client, terminal, words, options, json }) {
    const prompts = words.length > 0 ? words : [await readInput("-")];
    const numbers = ["n", "max-new-tokens", "temperature", "top-k", "top-p", "seed"].flatMap((name) => {
      const value = options.number(name);
      return value === undefined ? [] : [[name.replaceAll("-", "_"), value]];
    });
    const body: Json = {
      ...await policyOf(client, options),
      prompts: options.is("chat")
        ? prompts.map((content) => ({ messages: [{ role: "user", content }] }))
        : prompts,
      ...Object.fromEntries(numbers),
      stop: options.texts("stop"),
    };
    if (json) {
      terminal.json(await client.call("POST", "/v1/generations", { body }));
      return EXIT.done;
    }
    if (prompts.length === 1 && (body.n ?? 1) === 1) {
      const events = client.stream("POST", "/v1/generations", { body: { ...body, stream: true } });
      for await (const { event, data } of events) {
        if (event === "error") throw new Refusal(503, JSON.parse(data));
        if (event === "delta") terminal.piece(plainText(JSON.parse(data).text));
      }
      terminal.piece("\n");
      return EXIT.done;
    }
    const { data } = await client.call("POST", "/v1/generations", { body });
    for (const { prompt_index, index, text } of data) {
      terminal.print(`--- prompt ${prompt_index + 1}${(body.n ?? 1) > 1 ? `, text ${index + 1}` : ""}`);
      terminal.print(plainText(text));
    }
    return EXIT.done;
  },
};
