/**
 * Responses that a rollout server samples in place of the policy's own decoder, checked against the job's model: the API
 * process asks the server, and what comes back is nothing that is trusted. Log-probabilities are the server's word; training
 * measures its own.
 */
import { basename, join } from "node:path";
import type { Ask } from "../../contract/engine_question.ts";
import type { RolledOut, RolloutsConfig, ServerResponse } from "../../contract/rollouts.ts";
import type { SampledSequence } from "../../decode/sampled_sequence.ts";
import { invalid } from "../../errors.ts";
import { draw } from "../../rng.ts";
import type { Prompt } from "../../tokenizer/prompt.ts";
import type { TextTokenizer } from "../../tokenizer/tokenizer.ts";

export interface ServerRolloutsParts {
  config: RolloutsConfig;
  ask: Ask;
  tokenizer: Pick<TextTokenizer, "encode" | "decode" | "specialIds">;
  stopTokenIds: ReadonlySet<number>;
  vocab_size: number;
  /** Where the policy's adapters go, each in a folder of its name; null where the server follows none. */
  adapters: { folder: string; write: (folder: string) => Promise<void> } | null;
}

/** What of the sampling a job says. */
export interface ServerSampling {
  seed: number;
  /** From 0. */
  step: number;
  rollouts_per_prompt: number;
  max_new_tokens: number;
  temperature: number;
}

/** Rows of one prompt beside each other, in the order of the prompts. A log-probability that is not known is NaN. */
export interface ServerRollouts {
  sampled: SampledSequence[];
  /** Rows whose ids the server did not tell, so that their texts were tokenised here. */
  retokenized: number;
  /** What loading the adapter took. */
  adapter_s: number;
}

/** The seed of a prompt's responses: the same in each run of a job, far from those of other prompts. */
export function serverSeed(seed: number, step: number, group: number): number {
  return draw(seed, "server", step, group, 0)[0]! >>> 1;
}

export class RolloutSampler {
  readonly #parts: ServerRolloutsParts;
  readonly config: RolloutsConfig;
  /** The adapter that was written last. */
  #written: string | null = null;

  constructor(parts: ServerRolloutsParts) {
    this.#parts = parts;
    this.config = parts.config;
  }

  /**
   * Samples `rollouts_per_prompt` responses to each prompt, from the policy as it is where the server follows it.
   *
   * @param onRow told of each row as it comes
   * @throws {UserError} `rollouts_failed`, `rollouts_unreachable` naming `rollouts.url`
   */
  async sample(
    prompts: readonly Prompt[],
    sampling: ServerSampling,
    { signal, onRow = () => {} }: {
      signal?: AbortSignal;
      onRow?: (row: number, sequence: SampledSequence) => void;
    } = {},
  ): Promise<ServerRollouts> {
    const { ask, stopTokenIds, config } = this.#parts;
    const { seed, step, rollouts_per_prompt: n, max_new_tokens: max_tokens, temperature } = sampling;
    const begun = performance.now();
    const adapter = await this.#follow(step, signal);
    const adapter_s = (performance.now() - begun) / 1000;
    const sampled: SampledSequence[] = Array(prompts.length * n);
    let retokenized = 0;
    let next = 0;
    const worker = async () => {
      for (let group = next++; group < prompts.length; group = next++) {
        const prompt = prompts[group]!;
        const answer = await ask({
          type: "rollouts",
          ...{ n, max_tokens, temperature, adapter },
          prompt: prompt.text,
          prompt_ids: Array.from(prompt.ids),
          seed: serverSeed(seed, step, group),
          stop_token_ids: [...stopTokenIds],
        }, signal);
        this.#checkPrompt(prompt, answer);
        answer.responses.forEach((response, index) => {
          const read = this.#read(response, max_tokens);
          if (response.ids === null) retokenized++;
          const row = group * n + index;
          sampled[row] = { ...read, prompt_ids: prompt.ids, prompt_shared: index > 0 };
          onRow(row, sampled[row]);
        });
      }
    };
    const workers = Array.from({ length: Math.min(config.concurrency, prompts.length) }, worker);
    try {
      await Promise.all(workers);
    } catch (thrown) {
      next = prompts.length;
      await Promise.allSettled(workers);
      throw thrown;
    }
    return { sampled, retokenized, adapter_s };
  }

  /** Has the server load the policy as it is, under a name of the job and the number of its updates. */
  async #follow(step: number, signal: AbortSignal | undefined): Promise<string | null> {
    const { adapters, ask } = this.#parts;
    if (!adapters) return null;
    const name = `proximal-${basename(adapters.folder)}-${step}`;
    await adapters.write(join(adapters.folder, name));
    await ask({ type: "adapter", name }, signal);
    const before = this.#written;
    this.#written = name;
    if (before !== null && before !== name) {
      await Deno.remove(join(adapters.folder, before), { recursive: true }).catch(() => {});
    }
    return name;
  }

  /** Whether the server reads a prompt as the job's model does. */
  #checkPrompt({ ids }: Prompt, { prompt_tokens }: RolledOut): void {
    if (prompt_tokens === null || prompt_tokens === ids.length) return;
    throw fault(
      `Expected the server to read a prompt as the model's ${ids.length} tokens, got ${prompt_tokens}: ` +
        "its tokenizer is another's, or it puts tokens of its own first",
    );
  }

  /** A response as a sequence of the job's model. */
  #read(
    response: ServerResponse,
    most: number,
  ): Pick<SampledSequence, "response_ids" | "logprobs" | "finish_reason"> {
    const { vocab_size, stopTokenIds } = this.#parts;
    const { ids, finish_reason, logprobs } = response;
    if (ids === null) return this.#tokenised(response, most);
    const wrong = ids.find((id) => id < 0 || id >= vocab_size);
    if (wrong !== undefined) {
      throw fault(
        `The server sampled token ${wrong}, and the model has ${vocab_size}: it serves another model`,
      );
    }
    if (ids.length > most) {
      throw fault(`Expected at most ${most} tokens (ppo.max_new_tokens), got a response of ${ids.length}`);
    }
    if (logprobs.length !== ids.length) {
      throw fault(`Expected a log-probability of each of ${ids.length} tokens, got ${logprobs.length}`);
    }
    const last = ids.at(-1);
    if (finish_reason === "stop" && (last === undefined || !stopTokenIds.has(last))) {
      throw fault(
        `The server ended a response at token ${last}, which ends none here: name it in ppo.stop_token_ids, or have the server serve the job's model`,
      );
    }
    const early = ids.findIndex((id) => stopTokenIds.has(id));
    if (early >= 0 && early < ids.length - 1) {
      throw fault(`The server went on after token ${ids[early]}, which ends a response here`);
    }
    if (finish_reason === "length" && ids.length < most && early < 0) {
      throw fault(
        `The server cut a response off at ${ids.length} tokens where ${most} may come (ppo.max_new_tokens): is its context too short?`,
      );
    }
    this.#checkText(ids, response.text);
    // A stop token at the very end ends a response, whatever the server calls it.
    return { response_ids: ids, logprobs, finish_reason: early >= 0 ? "stop" : finish_reason };
  }

  /** Whether the ids say what the server says that they do; half a character, and names of special tokens, are no proof. */
  #checkText(ids: readonly number[], text: string): void {
    const { tokenizer } = this.#parts;
    if (ids.some((id) => tokenizer.specialIds.has(id) && !this.#parts.stopTokenIds.has(id))) return;
    const [ours, theirs] = [tokenizer.decode(ids), text].map((one) => one.replaceAll(/\s+/g, "")) as [
      string,
      string,
    ];
    if (ours === theirs || `${ours}${theirs}`.includes("\ufffd")) return;
    throw fault(
      `The server's text of ${ids.length} tokens is not the model's text of them: its vocabulary is another's`,
    );
  }

  /** The ids of a response of which only the text is known; so are its log-probabilities where they are as many. */
  #tokenised(
    { text, finish_reason, logprobs }: ServerResponse,
    most: number,
  ): Pick<SampledSequence, "response_ids" | "logprobs" | "finish_reason"> {
    const { tokenizer, stopTokenIds } = this.#parts;
    const body = tokenizer.encode(text, { add_special_tokens: false });
    const decoded = tokenizer.decode(body, { skip_special_tokens: false });
    if (decoded.trim() !== text.trim()) {
      throw fault(
        "The model's tokenizer does not give a response's text back: the server must tell token ids",
      );
    }
    const [stop] = stopTokenIds;
    const ended = finish_reason === "stop" && stop !== undefined && !stopTokenIds.has(body.at(-1) ?? -1);
    const all = ended ? [...body, stop] : body;
    const ids = all.slice(0, most);
    const terminated = ids.length > 0 && stopTokenIds.has(ids.at(-1)!);
    if (ids.length === 0) throw fault("The server gave a response without a token");
    const known = logprobs.length === all.length || (ended && logprobs.length === body.length);
    return {
      response_ids: ids,
      logprobs: ids.map((_, at) => known ? logprobs[at] ?? NaN : NaN),
      finish_reason: terminated ? "stop" : "length",
    };
  }
}

function fault(message: string): Error {
  return invalid("rollouts.url", message, "rollouts_failed");
}
