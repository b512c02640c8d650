/**
 * Samples responses for a batch of prompts: one pass over the prompts, then one run per token with the key-value
 * cache appended in place. Rows that have ended leave the batch. What a row gets depends on its own numbers only,
 * never on its neighbours. Knows nothing of text.
 */
import type { Tuning } from "../../kernels/artifacts.ts";
import type { Sizes } from "../../kernels/graph/cost.ts";
import type { Binding } from "../ort/binding.ts";
import type { Session } from "../ort/session.ts";
import { Tensor } from "../ort/tensor.ts";
import { AdapterMerge } from "../run/adapter_merge.ts";
import { builtGraphs } from "../run/built_graphs.ts";
import type { SampledSequence } from "./sampled_sequence.ts";
import { isCut, mostTokens, type SamplingRequest } from "./sampling_request.ts";
import { type ActiveSequence, activeSequence } from "./active_sequence.ts";
import { type BatchOptions, DecodeBatch, decodeTogether } from "./decode_batch.ts";
import { type PromptGroup, promptGroups, singly } from "./prompt_groups.ts";
import { cutEvenly, workersOfDecode } from "../run/workers.ts";
import type { SessionCache } from "../run/session_cache.ts";
import type { ParameterSet } from "../weights/parameter_set.ts";

export interface DecodeOptions {
  /**
   * Tokens a row from one look of the host at them to the next: what it costs, not what comes out. @default 1 on the host,
   * 8 on a device
   */
  syncInterval?: number;
  /** Obeyed at each sync interval, and in the middle of a run. */
  signal?: AbortSignal;
}

/**
 * On the host a look is at the very memory. On a device it is two copies there and two back, each with a wait, tens of
 * microseconds apiece beside a run of a few milliseconds: an eighth of that is nothing. Longer sync intervals waste more than they
 * save, as rows that have ended run on, and are in the way, to the end of one.
 */
const DEVICE_SYNC_INTERVAL = 8;

/** The shape of a decode's run over its prompts, which are run at once: the largest of its runs. */
export function promptSizes(
  { rows, prompts = rows, prompt, capacity }: {
    rows: number;
    /** How many different ones there are. */
    prompts?: number;
    prompt: number;
    capacity: number;
  },
): Sizes {
  const room = prompts < rows ? prompt : capacity; // rows that share prompts go on in a cache of their own
  return { B: prompts, S: prompt, N: rows, context: room - 1, cache: room };
}

/** What all batches of a decode have in common. */
interface Common extends Pick<BatchOptions<ActiveSequence>, "truncation" | "syncInterval"> {
  /** A binding of that session with parameters and scale. */
  bound(session: Session): Binding;
}

export class Decoder {
  readonly #sessions: SessionCache;
  readonly #tuning: Tuning;
  readonly #merge: AdapterMerge;
  /** Weights of another precision than the base's are read by nothing else. */
  readonly #joined: boolean;

  /** @param tuning in which precision to sample */
  constructor(sessions: SessionCache, tuning: Tuning) {
    this.#sessions = sessions;
    this.#tuning = tuning;
    this.#joined = tuning.precision !== sessions.base.precision;
    this.#merge = new AdapterMerge(sessions, tuning);
  }

  /**
   * Responses to `requests`, in order. `parameters` are the adapter or the full weights; `adapterScale` 0 samples from
   * the base. A prompt that several have is run once.
   */
  async decode(
    requests: readonly SamplingRequest[],
    parameters: ParameterSet | null,
    { adapterScale = 1, syncInterval, signal }: DecodeOptions & { adapterScale?: number } = {},
  ): Promise<SampledSequence[]> {
    const { base } = this.#sessions;
    const sequences = requests.map(activeSequence);
    using scale = Tensor.onDevice(base.runtime, "float32", [], Float32Array.of(adapterScale));
    const merged = await this.#merge.merge(parameters, adapterScale);
    const how: Common = {
      truncation: requests.some(isCut),
      syncInterval: syncInterval ?? (base.runtime.device ? DEVICE_SYNC_INTERVAL : 1),
      bound: (session) => {
        const binding = session.bind();
        merged?.bind(binding, "input", () => true);
        bindPresent(binding, session, parameters, scale);
        return binding;
      },
    };
    using batches = new DisposableStack();
    const prompts = promptGroups(sequences);
    // Below two rows a prompt, a cache for the prompts alone would take more than their runs.
    const workers = 2 * prompts.length > sequences.length
      ? await this.#inWorkers(
        singly(sequences),
        how,
        batches,
        (part, binding) =>
          DecodeBatch.ofPrompts(base, part, binding, { ...how, capacity: roomOf(part.flat()) }),
      )
      : await this.#afterPrompts(prompts, how, batches, signal);
    for (let active = workers; active.length > 0; active = active.filter((batch) => batch.active)) {
      signal?.throwIfAborted();
      await decodeTogether(active, signal);
    }
    return sequences.map(({ sampled }) => sampled);
  }

  /** Batches in which all rows have their first token, after each prompt was run once. */
  async #afterPrompts(
    groups: readonly PromptGroup<ActiveSequence>[],
    how: Common,
    owner: DisposableStack,
    signal: AbortSignal | undefined,
  ): Promise<DecodeBatch[]> {
    const { base } = this.#sessions;
    using prompts = new DisposableStack();
    const first = await this.#inWorkers(groups, how, prompts, (part, binding) => {
      const capacity = Math.max(...part.map(([{ request }]) => request.prompt_ids.length));
      return DecodeBatch.ofPrompts(base, part, binding, { ...how, capacity });
    });
    signal?.throwIfAborted();
    await decodeTogether(first, signal);
    const places = first.flatMap(({ places }) => places);
    if (places.length === 0) return [];
    return await this.#inWorkers(places, how, owner, (part, binding) => {
      const capacity = roomOf(part.map(({ batch, at }) => batch.rows[at]!));
      return DecodeBatch.gathered(base, part, binding, { ...how, capacity });
    });
  }

  /** A batch for each worker's part of `items`; `owner` frees them. */
  async #inWorkers<Item>(
    items: readonly Item[],
    { truncation, bound }: Common,
    owner: DisposableStack,
    make: (part: Item[], binding: Binding) => DecodeBatch,
  ): Promise<DecodeBatch[]> {
    const { base } = this.#sessions;
    const layerBytes = base.layerBytes(this.#tuning.precision);
    const parts = cutEvenly(items, workersOfDecode(items.length, base, layerBytes));
    const sessions = await this.#sessions.forWorkers(
      parts.length,
      `generate:${truncation}`,
      () => builtGraphs.generate(base.config, this.#tuning, { truncation, joined: this.#joined }),
      { prepacking: true, apart: true },
    );
    return parts.map((part, worker) => owner.use(make(part, bound(sessions[worker]!))));
  }

  /** Frees the merged weights. */
  dispose(): void {
    this.#merge.dispose();
  }
}

/** Tokens that the longest of `rows` may come to. */
function roomOf(rows: readonly ActiveSequence[]): number {
  return Math.max(...rows.map(({ request }) => mostTokens(request)));
}

/** Binds what a session takes of parameters and adapter scale. */
function bindPresent(
  binding: Binding,
  session: Session,
  parameters: ParameterSet | null,
  scale: Tensor,
): void {
  parameters?.bind(binding, "input", (name) => session.takes(name));
  if (session.takes("adapter_scale")) binding.input("adapter_scale", scale);
}
