/** A policy model with settings that stay: prompts in, texts out. */
import type { GenerationResult } from "../contract/generation.ts";
import type { PolicyModel } from "./policy_model.ts";

type Settings = NonNullable<Parameters<PolicyModel["generate"]>[1]>;

export class Generator {
  readonly #policy: PolicyModel;
  readonly #settings: Settings;

  /** @param settings such as max_new_tokens, temperature, top_k, top_p, seed, n, stop, logprobs */
  constructor(policy: PolicyModel, settings: Settings = {}) {
    this.#policy = policy;
    this.#settings = settings;
  }

  generate(
    prompts: Parameters<PolicyModel["generate"]>[0],
    settings: Settings = {},
    signal?: AbortSignal,
  ): Promise<GenerationResult["data"]> {
    return this.#policy.generate(prompts, { ...this.#settings, ...settings }, signal);
  }
}
