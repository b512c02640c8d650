/** Models kept in memory between generation and scoring requests: few, the least recently used one leaving first. */
import { BaseModel } from "../model/base_model.ts";
import { loadCheckpoint } from "../model/checkpoint.ts";
import { loadAdapter } from "../model/load_adapter.ts";
import { initialParameters } from "../model/network.ts";
import { Policy } from "../model/policy.ts";
import { ValueNetwork } from "../model/value_network.ts";
import { ParameterSet } from "../model/parameter_set.ts";
import type { Runtime } from "../ort/runtime.ts";
import { findTokenizer, type TextTokenizer } from "../tokenizer/tokenizer.ts";
import type { RewardSource } from "../rewards/reward_source.ts";
import { stopIds } from "./stop_ids.ts";
import { loadReward } from "./train_job.ts";
import type { ModelFolders } from "./protocol.ts";
import { UserError } from "../errors.ts";

/** A policy as it can be asked for text and scores. */
export interface ServedPolicy {
  base: BaseModel;
  policy: Policy;
  /** Null without a critic; a shared one answers through the policy. */
  critic: ValueNetwork | null;
  sharedCritic: boolean;
  /** Null when the folder has none: token ids can still be given. */
  tokenizer: TextTokenizer | null;
  stopTokenIds: ReadonlySet<number>;
}

type LoadedReward = Awaited<ReturnType<typeof loadReward>>;

/** How many loaded things of each kind stay. */
const KEPT = { bases: 2, policies: 8, rewards: 2 } as const;

class Kept<Item> {
  readonly #items = new Map<string, Promise<Item>>();

  constructor(readonly limit: number, readonly drop: (item: Item) => void) {}

  /** The item of this key, made when it is not there. A failed one is not kept. */
  get(key: string, make: () => Promise<Item>): Promise<Item> {
    const item = this.#items.get(key) ?? make();
    this.#items.delete(key);
    this.#items.set(key, item);
    item.catch(() => this.#items.delete(key));
    for (const [oldest, leaving] of this.#items) {
      if (this.#items.size <= this.limit) break;
      this.#items.delete(oldest);
      leaving.then(this.drop, () => {});
    }
    return item;
  }

  /** Forgets items by key. */
  forget(matches: (key: string) => boolean): void {
    for (const [key, item] of this.#items) {
      if (!matches(key)) continue;
      this.#items.delete(key);
      item.then(this.drop, () => {});
    }
  }
}

export class ServedModels {
  readonly #runtime: Runtime;
  readonly #policies = new Kept<ServedPolicy>(KEPT.policies, ({ policy, critic }) => {
    policy.dispose();
    critic?.dispose();
  });
  readonly #rewards = new Kept<LoadedReward>(KEPT.rewards, (reward) => reward.dispose());
  readonly #bases = new Kept<BaseModel>(KEPT.bases, (base) => {
    // Policies hold sessions over this base's weights, so they leave with it.
    this.#policies.forget((key) => key.startsWith(`${base.folder}\n`));
    base.dispose();
  });

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** The policy that these folders name. */
  policy(folders: ModelFolders): Promise<ServedPolicy> {
    const key = [folders.model, folders.checkpoint ?? "", folders.adapter ?? ""].join("\n");
    return this.#policies.get(key, () => this.#load(folders));
  }

  async reward(folders: ModelFolders, name: string): Promise<RewardSource> {
    const key = `${folders.rewards[name]}\n${folders.model}`;
    return (await this.#rewards.get(key, () => loadReward(this.#runtime, folders, name))).source;
  }

  async #load(folders: ModelFolders): Promise<ServedPolicy> {
    const base = await this.#bases.get(folders.model, () => BaseModel.open(this.#runtime, folders.model));
    if (base.facts.task !== "causal_lm") {
      throw new UserError(
        "unsupported_model",
        "Only language models can generate and score tokens: this is a reward model",
      );
    }
    const tokenizer = await findTokenizer(folders.model);
    const stopTokenIds = stopIds(base.facts, tokenizer);
    return { base, tokenizer, stopTokenIds, ...await this.#networks(base, folders) };
  }

  async #networks(
    base: BaseModel,
    folders: ModelFolders,
  ): Promise<Pick<ServedPolicy, "policy" | "critic" | "sharedCritic">> {
    if (folders.adapter) {
      const { tuning, parameters } = await loadAdapter(base, folders.adapter, { head: false });
      const policy = new Policy(base, tuning, parameters, { reference: "base", shared: false });
      return { policy, critic: null, sharedCritic: false };
    }
    if (!folders.checkpoint) {
      const policy = new Policy(base, { type: "none" }, new ParameterSet(this.#runtime, []), {
        reference: "base",
        shared: false,
      });
      return { policy, critic: null, sharedCritic: false };
    }
    const { tuning, policy: parameters, critic, spec } = await loadCheckpoint(base, folders.checkpoint);
    const sharedCritic = spec.value?.type === "shared";
    // Full weights have no adapter to turn off: their reference is the base itself.
    const reference = tuning.type === "full"
      ? await initialParameters(base, tuning, { head: false, seed: 0, role: "policy" })
      : "base" as const;
    const policy = new Policy(base, tuning, parameters, { reference, shared: sharedCritic });
    return {
      policy,
      critic: critic && new ValueNetwork(base, critic.tuning, critic.parameters),
      sharedCritic,
    };
  }
}
