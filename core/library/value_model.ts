/** A checkpoint's value function: the value of the state before each token of a completion. */
import { UserError } from "../errors.ts";
import { PolicyModel } from "./policy_model.ts";
import type { RuntimeChoice } from "./shared_runtime.ts";

export class ValueModel implements Disposable {
  readonly #policy: PolicyModel;

  private constructor(policy: PolicyModel) {
    this.#policy = policy;
  }

  /** @param model The model's folder. @throws {UserError} naming the file that is wrong */
  static async load(model: string, checkpoint: string, choice: RuntimeChoice = {}): Promise<ValueModel> {
    return new ValueModel(await PolicyModel.load(model, { ...choice, checkpoint }));
  }

  /** Values (n) of each completion's tokens. @throws {UserError} when the checkpoint has no value function */
  async values(items: Parameters<PolicyModel["score"]>[0], signal?: AbortSignal): Promise<number[][]> {
    const data = await this.#policy.score(items, {}, signal);
    return data.map(({ tokens }) =>
      tokens!.map(({ value }) => {
        if (value !== undefined) return value;
        throw new UserError(
          "invalid_request",
          "Expected a checkpoint with a value function, got one without",
        );
      })
    );
  }

  [Symbol.dispose](): void {
    this.#policy[Symbol.dispose]();
  }
}
