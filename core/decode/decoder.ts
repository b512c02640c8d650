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
import { activeSequence } from "./active_sequence.ts";
import { DecodeBatch, decodeTogether } from "./decode_batch.ts";
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
  { rows, prompt, capacity }: { rows: number; prompt: number; capacity: number },
): Sizes {
  return { B: rows, S: prompt, N: rows, context: capacity - 1, cache: capacity };
}

export class Decoder {
  readonly #sessions: SessionCache;
  readonly #tuning: Tuning;
  readonly #merge: AdapterMerge;

  /** @param tuning in which precision to sample */
  constructor(sessions: SessionCache, tuning: Tuning) {
    this.#sessions = sessions;
    this.#tuning = tuning;
    this.#merge = new AdapterMerge(sessions, tuning);
  }

  /**
   * Responses to `requests`, in order. `parameters` are the adapter or the full weights; `adapterScale` 0 samples from
   * the base.
   */
  async decode(
    requests: readonly SamplingRequest[],
    parameters: ParameterSet | null,
    { adapterScale = 1, syncInterval, signal }: DecodeOptions & { adapterScale?: number } = {},
  ): Promise<SampledSequence[]> {
    const truncation = requests.some(isCut);
    const { base } = this.#sessions;
    const sequences = requests.map(activeSequence);
    const parts = cutEvenly(
      sequences,
      workersOfDecode(requests.length, base, base.layerBytes(this.#tuning.precision)),
    );
    const sessions = await this.#sessions.forWorkers(
      parts.length,
      `generate:${truncation}`,
      () => builtGraphs.generate(base.config, this.#tuning, { truncation }),
      { prepacking: true, apart: true },
    );
    using scale = Tensor.onDevice(base.runtime, "float32", [], Float32Array.of(adapterScale));
    const merged = await this.#merge.merge(parameters, adapterScale);
    using batches = new DisposableStack();
    const workers = parts.map((part, index) => {
      const session = sessions[index]!;
      const binding = session.bind();
      merged?.bind(binding, "input", () => true);
      bindPresent(binding, session, parameters, scale);
      return batches.use(DecodeBatch.ofPrompts(base, part, binding, {
        truncation,
        capacity: Math.max(...part.map(({ request }) => mostTokens(request))),
        syncInterval: syncInterval ?? (base.runtime.device ? DEVICE_SYNC_INTERVAL : 1),
      }));
    });
    for (let active = workers; active.length > 0; active = active.filter((batch) => batch.active)) {
      signal?.throwIfAborted();
      await decodeTogether(active, signal);
    }
    return sequences.map(({ sampled }) => sampled);
  }

  /** Frees the merged weights. */
  dispose(): void {
    this.#merge.dispose();
  }
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
