/** A language model that generates and scores: what `/v1/generations` and `/v1/scores` do over HTTP. */
import type { z } from "zod";
import { type GenerationResult, generationSchema } from "../contract/generation.ts";
import { type ScoreResult, scoreSchema } from "../contract/score.ts";
import { generate } from "../serve/generate.ts";
import { score } from "../serve/score.ts";
import { ServedModels, type ServedPolicy } from "../serve/served_models.ts";
import { type RuntimeChoice, sharedRuntime } from "./shared_runtime.ts";

export interface PolicyModelOptions extends RuntimeChoice {
  /** Folder of a checkpoint of that model. */
  checkpoint?: string;
  /** Instead: folder of a PEFT adapter. */
  adapter?: string;
}

type GenerationRequest = z.input<typeof generationSchema>;
type ScoreRequest = z.input<typeof scoreSchema>;

const never = new AbortController().signal;

export class PolicyModel implements Disposable {
  readonly #served: ServedPolicy & Disposable;
  readonly #models: ServedModels;

  private constructor(models: ServedModels, served: ServedPolicy & Disposable) {
    this.#models = models;
    this.#served = served;
  }

  /** Opens a model's folder. @throws {UserError} naming the file that is wrong */
  static async load(
    model: string,
    { checkpoint, adapter, ...choice }: PolicyModelOptions = {},
  ): Promise<PolicyModel> {
    const models = new ServedModels(sharedRuntime(choice), Infinity);
    const served = await models.scorer({
      ...{ model, rewards: {} },
      ...(checkpoint !== undefined && { checkpoint }),
      ...(adapter !== undefined && { adapter }),
    });
    return new PolicyModel(models, served);
  }

  /** Texts to prompts; the same seed gives the same text, whatever else is asked for with it. */
  async generate(
    prompts: GenerationRequest["prompts"],
    settings: Omit<GenerationRequest, "model" | "checkpoint" | "adapter" | "prompts" | "stream"> = {},
    signal: AbortSignal = never,
  ): Promise<GenerationResult["data"]> {
    const request = generationSchema.parse({ ...settings, model: "model", prompts });
    const { data } = await generate(request.prompts.map(() => this.#served), request, signal);
    return data;
  }

  /** Log-probabilities of given completions, under the model and its reference, and values where it has a critic. */
  async score(
    items: ScoreRequest["items"],
    settings: Pick<ScoreRequest, "temperature" | "tokens"> = {},
    signal: AbortSignal = never,
  ): Promise<ScoreResult["data"]> {
    const request = scoreSchema.parse({ ...settings, model: "model", items });
    return (await score(this.#served, request, null, signal)).data;
  }

  [Symbol.dispose](): void {
    this.#served[Symbol.dispose]();
    this.#models.trim(0);
  }
}
