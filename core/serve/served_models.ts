/**
 * Models kept in memory between generation and scoring requests: those that requests are using, and few more, the
 * least recently used leaving first.
 */
import { attributeTo, UserError } from "../errors.ts";
import { BaseModel } from "../weights/base_model.ts";
import { BatchDecoder } from "../decode/batch_decoder.ts";
import { loadCheckpoint } from "../networks/checkpoint.ts";
import { changedWhileRead, folderVersion, ofOneVersion } from "../formats/file_version.ts";
import { loadAdapter, type LoadedAdapter } from "../weights/load_adapter.ts";
import { heldHere } from "../weights/int8_products.ts";
import { initialParameters } from "../weights/parameter_layout.ts";
import { ParameterSet } from "../weights/parameter_set.ts";
import { Policy } from "../networks/policy.ts";
import { ValueNetwork } from "../networks/value_network.ts";
import type { Runtime } from "../ort/runtime.ts";
import type { Scorer } from "../rewards/reward_source.ts";
import { findTokenizer, type TextTokenizer } from "../tokenizer/tokenizer.ts";
import { type Lease, LeaseCache } from "./lease_cache.ts";
import { type ModelFolders, rewardFolders } from "../contract/protocol.ts";
import { stopIds } from "../tokenizer/stop_ids.ts";
import { TextWork } from "./text_work.ts";
import { join } from "node:path";
import type { RewardOf } from "../contract/reward_schema.ts";
import { ONNX_FOLDER } from "../formats/text_classifier_folder.ts";
import { loadClassifier } from "../rewards/classifier_reward.ts";
import { loadReward } from "../rewards/load_reward_model.ts";

/** A model folder as all its policies share it. */
interface ServedBase {
  base: BaseModel;
  /** Samples for the bare model and for every adapter at once. */
  decoder: BatchDecoder;
  /** Null when the folder has none: token ids can still be given. */
  tokenizer: TextTokenizer | null;
  stopTokenIds: ReadonlySet<number>;
}

/** A policy as it can be asked for text and scores. */
export interface ServedPolicy extends ServedBase {
  policy: Policy;
  /** Null for the bare model, and for weights that have no adapter: their `decoder` is their own. */
  adapter: LoadedAdapter | null;
  /** Null without a critic; a shared one answers through the policy. */
  critic: ValueNetwork | null;
  sharedCritic: boolean;
}

/** What a policy has beside its base, and its part in that. */
interface KeptPolicy extends ServedPolicy {
  bytes: number;
  lease: Lease<ServedBase>;
}

type LoadedReward = Awaited<ReturnType<typeof loadReward>>;

/** A folder in its version: a key that is another once one of its files is. */
async function keyOf(folder: string): Promise<string> {
  return `${folder}\n${await folderVersion(folder)}`;
}

/** How many stay loaded for requests that may come again, as far as there is memory for them. */
const KEPT = { bases: 2, full: 8, scorers: 2, rewards: 2 } as const;

export class ServedModels {
  readonly #runtime: Runtime;
  readonly #bases = new LeaseCache<ServedBase>(({ base, decoder }) => {
    decoder.dispose();
    base.dispose();
  });
  readonly #policies = new LeaseCache<KeptPolicy>(({ policy, critic, adapter, decoder, lease }) => {
    this.#scorers.delete(policy);
    policy.dispose();
    critic?.dispose();
    if (!adapter && decoder !== lease.item.decoder) decoder.dispose();
    lease[Symbol.dispose]();
  });
  /** Policies that have sessions to score with, and how many requests use them; who scored longest ago comes first. */
  readonly #scorers = new Map<Policy, { critic: ValueNetwork | null; users: number }>();
  readonly #rewards = new LeaseCache<LoadedReward>((reward) => reward.dispose());

  /** Resident bytes of the process with no more than one policy, when that was last so. */
  #floor = 0;
  readonly #budget: number;
  readonly #sampling: "float32" | "int8";

  /**
   * @param budget resident bytes of the process from which on it keeps the last policy only
   * @param sampling what generations multiply by; scores are float32 (on a GPU as it holds a base)
   */
  constructor(runtime: Runtime, budget = Infinity, sampling: "float32" | "int8" = "float32") {
    this.#runtime = runtime;
    this.#sampling = sampling;
    this.#budget = budget;
  }

  /** The policy that these folders name; it stays until it is given back. */
  async policy(folders: ModelFolders, text = new TextWork()): Promise<ServedPolicy & Disposable> {
    const model = await attributeTo("model", keyOf(folders.model));
    const own = folders.checkpoint ?? folders.adapter;
    const field = folders.checkpoint === undefined ? "adapter" : "checkpoint";
    const key = [model, own === undefined ? "" : await attributeTo(field, keyOf(own))].join("\n\n");
    const lease = await attributeTo(
      "model",
      this.#policies.acquire(key, () => this.#load(folders, model, text)),
    );
    this.#bases.touch(model);
    this.#trim();
    return {
      ...lease.item,
      [Symbol.dispose]: () => {
        lease[Symbol.dispose]();
        this.#trim();
      },
    };
  }

  /**
   * The same, to score with. The sessions that this takes are a policy's own, with many times the memory of an adapter,
   * so those of few policies stay when it is given back.
   */
  async scorer(folders: ModelFolders, text = new TextWork()): Promise<ServedPolicy & Disposable> {
    const leases = await this.policy(folders, text);
    const { policy, critic } = leases;
    const scorer = this.#scorers.get(policy) ?? { critic, users: 0 };
    scorer.users++;
    this.#scorers.set(policy, scorer);
    return {
      ...leases,
      [Symbol.dispose]: () => {
        scorer.users--;
        this.#scorers.delete(policy);
        this.#scorers.set(policy, scorer);
        const idle = [...this.#scorers].filter(([, { users }]) => users === 0);
        for (const [oldest, { critic }] of idle.slice(0, -KEPT.scorers)) {
          this.#scorers.delete(oldest);
          oldest.rest();
          critic?.rest();
        }
        leases[Symbol.dispose]();
      },
    };
  }

  /** The reward of this name; it stays until it is given back. */
  async reward(
    folders: ModelFolders,
    name: string,
    text = new TextWork(),
    { texts = false }: { texts?: boolean } = {},
  ): Promise<Scorer & Disposable> {
    // Whether it needs a tokenizer of its own, the policy's decides.
    const own = Object.values(rewardFolders(folders.rewards[name]!));
    const reward = await attributeTo("reward", Promise.all(own.map(keyOf)));
    const key = [...reward, texts ? "texts" : await attributeTo("model", keyOf(folders.model))].join("\n\n");
    const read = () => text.whole(() => loadReward(this.#runtime, folders, name, { texts }));
    const load = own.reduce((inner, folder) => () => ofOneVersion(folder, inner), read);
    const lease = await attributeTo("reward", this.#rewards.acquire(key, load));
    this.#trim();
    return {
      // A reward model tokenises what it scores by its own folder's files.
      score: (samples, signal) =>
        attributeTo("reward", text.whole(() => lease.item.source.score(samples, signal))),
      [Symbol.dispose]: () => lease[Symbol.dispose](),
    };
  }

  /** A ready classifier, for what a reward says of it; it stays until it is given back. */
  async classifier(
    folders: ModelFolders,
    config: RewardOf<"classifier">,
    text = new TextWork(),
  ): Promise<Scorer & Disposable> {
    const folder = folders.classifiers![config.model]!;
    const parts = [folder, join(folder, ONNX_FOLDER)];
    const key = ["classifier", JSON.stringify(config), ...await Promise.all(parts.map(keyOf))].join("\n\n");
    const load = () => text.whole(() => loadClassifier(this.#runtime, folder, config));
    const lease = await attributeTo("reward", this.#rewards.acquire(key, load));
    this.#trim();
    return {
      score: (samples, signal) =>
        attributeTo("reward", text.whole(() => lease.item.source.score(samples, signal))),
      [Symbol.dispose]: () => lease[Symbol.dispose](),
    };
  }

  /**
   * Lets policies go that nobody has, the least recently used first, until the process holds `budget` bytes, but for the
   * last one. Without a budget everything goes.
   */
  trim(budget: number): void {
    const policies = [...this.#policies.items()];
    const { rss } = Deno.memoryUsage();
    if (policies.length <= 1) this.#floor = rss;
    // What one takes beside its parameters, such as sessions, is known only by how much the process has grown.
    const each = (rss - this.#floor) / policies.length;
    let held = rss;
    for (const [key, policy] of budget > 0 ? policies.slice(0, -1) : policies) {
      if (held <= budget) break;
      if (this.#policies.evict(key)) held -= Math.max(policy.bytes, each);
    }
    if (budget === 0) {
      for (const kept of [this.#rewards, this.#bases]) {
        for (const [key] of [...kept.items()]) if (kept.evict(key)) held = 0;
      }
    }
    if (held < rss) (globalThis as { gc?: () => void }).gc?.();
  }

  /** Lets what is too much go, as far as nobody has it. */
  #trim(): void {
    this.trim(this.#budget);
    const policies = [...this.#policies.items()];
    // Full weights are sampled with sessions of their own, which may take more than the weights of a small model.
    const full = policies.filter(([, { policy }]) => policy.tuning.type === "full");
    for (const [key] of full.slice(0, Math.max(0, full.length - KEPT.full))) this.#policies.evict(key);
    const bases = [...this.#bases.items()];
    for (const [folder, { base }] of bases.slice(0, Math.max(0, bases.length - KEPT.bases))) {
      for (const [key, policy] of policies) if (policy.base === base) this.#policies.evict(key);
      this.#bases.evict(folder);
    }
    const rewards = [...this.#rewards.items()];
    for (const [key] of rewards.slice(0, Math.max(0, rewards.length - KEPT.rewards))) {
      this.#rewards.evict(key);
    }
  }

  async #load(folders: ModelFolders, model: string, text: TextWork): Promise<KeptPolicy> {
    const load = async () => {
      const loaded = await this.#loadBase(folders.model, text);
      if (await keyOf(folders.model) === model) return loaded;
      loaded.decoder.dispose();
      loaded.base.dispose();
      throw changedWhileRead();
    };
    const lease = await this.#bases.acquire(model, load);
    try {
      const networks = await this.#networks(lease.item, folders);
      return { ...lease.item, ...networks, lease };
    } catch (thrown) {
      lease[Symbol.dispose]();
      throw thrown;
    }
  }

  async #loadBase(folder: string, text: TextWork): Promise<ServedBase> {
    const base = await BaseModel.open(this.#runtime, folder);
    if (base.info.task !== "causal_lm") {
      throw new UserError(
        "unsupported_model",
        "Only language models can generate and score tokens: this is a reward model",
      );
    }
    const tokenizer = await text.whole(() => findTokenizer(folder));
    const precision = this.#sampling === "int8" ? await heldHere(this.#runtime, "int8") : base.precision;
    const decoder = new BatchDecoder(base, null, precision);
    return { base, tokenizer, decoder, stopTokenIds: stopIds(base.info, tokenizer) };
  }

  async #networks(
    { base, decoder }: ServedBase,
    folders: ModelFolders,
  ): Promise<Omit<KeptPolicy, "base" | "tokenizer" | "stopTokenIds" | "lease">> {
    if (folders.adapter) {
      const { adapter: folder } = folders;
      const loading = ofOneVersion(folder, () => loadAdapter(base, folder, { head: false }));
      const adapter = await attributeTo("adapter", loading);
      const policy = new Policy(base, adapter.tuning, adapter.parameters, {
        reference: "base",
        shared: false,
      });
      const bytes = adapter.parameters.bytes;
      return { policy, adapter, decoder, critic: null, sharedCritic: false, bytes };
    }
    if (!folders.checkpoint) {
      const policy = new Policy(base, { type: "none" }, new ParameterSet(this.#runtime, []), {
        reference: "base",
        shared: false,
      });
      return { policy, adapter: null, decoder, critic: null, sharedCritic: false, bytes: 0 };
    }
    const loading = attributeTo("checkpoint", loadCheckpoint(base, folders.checkpoint));
    const { tuning, policy: parameters, critic, spec } = await loading;
    const sharedCritic = spec.value?.type === "shared";
    // Full weights have no adapter to turn off: their reference is the base itself.
    const reference = tuning.type === "full"
      ? await initialParameters(base, tuning, { head: false, seed: 0, role: "policy" })
      : "base" as const;
    const held = [parameters, critic?.parameters, reference === "base" ? undefined : reference];
    return {
      policy: new Policy(base, tuning, parameters, { reference, shared: sharedCritic }),
      adapter: tuning.type === "lora" ? { tuning, parameters } : null,
      decoder: tuning.type === "full" ? new BatchDecoder(base, { tuning, parameters }) : decoder,
      critic: critic && new ValueNetwork(base, critic.tuning, critic.parameters),
      sharedCritic,
      bytes: held.reduce((sum, set) => sum + (set?.bytes ?? 0), 0),
    };
  }
}
