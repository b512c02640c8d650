/**
 * One worker of a decode: its tensors, and the bookkeeping of its rows from the prompts to the last token. `decodeTogether`
 * decodes the next tokens of one or several of them. Rows of several batches can go on together in a new one.
 */
import type { Binding } from "../ort/binding.ts";
import { Tensor } from "../ort/tensor.ts";
import type { BaseModel } from "../weights/base_model.ts";
import { int64s } from "../run/token_batch.ts";
import { topWidth } from "../run/top_tokens.ts";
import { runWorkers } from "../run/workers.ts";
import { accept, type ActiveSequence, hasEnded } from "./active_sequence.ts";
import { KvCache } from "./kv_cache.ts";
import type { PromptGroup } from "./prompt_groups.ts";
import { TokenTables } from "./token_tables.ts";

export interface BatchOptions<Row extends ActiveSequence> {
  /** Whether any row cuts its distribution. */
  truncation: boolean;
  /** Tokens a row that the cache has room for. */
  capacity: number;
  /** Tokens a row that are decoded at most before the host looks at them. */
  syncInterval: number;
  /** Whether the graph gives the most likely tokens too. */
  top?: boolean;
  /** More inputs that go with the rows, of which `cached` are in the cache; made anew whenever these change. */
  inputs?: (rows: readonly Row[], cached: readonly Row[]) => Record<string, Tensor>;
}

/** A row at its place in the batch it is taken from. */
export interface Place<Row extends ActiveSequence> {
  readonly batch: DecodeBatch<Row>;
  readonly at: number;
}

/** A batch whose next run is bound. */
interface Ready {
  /**
   * Tokens a row that can be decoded before the host must look: the cache has places for them in each row that goes on,
   * and one of them may need the last.
   */
  readonly mostTokens: number;
  /** Writes the positions and random numbers of so many tokens. */
  begin(tokens: number): Interval;
}

/** Tokens that are being decoded. */
interface Interval {
  /** Binds the run of token `at`; nothing is copied to a device. */
  bind(at: number): void;
  /** Takes what the runs sampled, each row up to its end. */
  take(): void;
}

/** Rows leave the batch once this share of it has ended: moving the cache costs about one step. */
const RETIRE_SHARE = 0.25;

/** The next tokens of every batch, up to the host's next look at them, and that look. Gives how many they were, a row. */
export async function decodeTogether<Row extends ActiveSequence>(
  batches: readonly DecodeBatch<Row>[],
  signal: AbortSignal | undefined,
): Promise<number> {
  const ready = batches.map((batch) => batch.next());
  const tokens = Math.min(...ready.map(({ mostTokens }) => mostTokens));
  const intervals = ready.map((batch) => batch.begin(tokens));
  const bindings = batches.map(({ binding }) => binding);
  for (let at = 0; at < tokens; at++) {
    for (const interval of intervals) interval.bind(at);
    await runWorkers(bindings, { here: true, signal });
  }
  for (const interval of intervals) interval.take();
  return tokens;
}

export class DecodeBatch<Row extends ActiveSequence = ActiveSequence> {
  /** Of the session that runs it, with what the session takes beside the rows bound; the batch frees it. */
  readonly binding: Binding;
  readonly #base: BaseModel;
  readonly #options: BatchOptions<Row>;
  readonly #cache: KvCache;
  #rows: Row[];
  /** The place of each row in the cache. */
  #places: number[];
  /** What the bound run reads; null once prompts are in the cache, and nothing is bound for what follows. */
  #bound: "prompts" | "tokens" | null = null;
  /** Inputs that stay as they are until the next are bound. */
  #inputs: Record<string, Tensor> = {};
  #views: Disposable | undefined;
  #tables: TokenTables | undefined;

  /** @param places of the rows in the cache, which has no more rows than these need */
  private constructor(
    base: BaseModel,
    rows: readonly Row[],
    places: readonly number[],
    binding: Binding,
    options: BatchOptions<Row>,
  ) {
    this.#base = base;
    this.#options = options;
    this.#rows = [...rows];
    this.#places = [...places];
    this.binding = binding;
    try {
      this.#cache = new KvCache(base, placesOf(places), options.capacity);
    } catch (thrown) {
      binding.dispose();
      throw thrown;
    }
  }

  /**
   * A batch that begins with the prompts of `groups`, all at once and each once, and gives every row its first token. Where
   * a prompt has several rows, they go on in a batch that is `gathered` from this one.
   */
  static ofPrompts<Row extends ActiveSequence>(
    base: BaseModel,
    groups: readonly PromptGroup<Row>[],
    binding: Binding,
    options: BatchOptions<Row>,
  ): DecodeBatch<Row> {
    const places = groups.flatMap((group, place) => group.map(() => place));
    return new DecodeBatch(base, groups.flat(), places, binding, options)
      .#ownedBy((batch) => batch.#bindPrompts());
  }

  /** A batch in which rows of others go on with their next token. The others keep what is theirs. */
  static gathered<Row extends ActiveSequence>(
    base: BaseModel,
    places: readonly Place<Row>[],
    binding: Binding,
    options: BatchOptions<Row>,
  ): DecodeBatch<Row> {
    const rows = places.map(({ batch, at }) => batch.#rows[at]!);
    return new DecodeBatch(base, rows, inOrder(rows), binding, options).#ownedBy((batch) => {
      const moves = places.map((place, to) => ({ ...place, to }));
      for (const [from, theirs] of Map.groupBy(moves, ({ batch }) => batch)) batch.#copyRows(from, theirs);
      batch.#bindNext();
    });
  }

  /** This batch, once `bind` has bound it; freed where that fails. */
  #ownedBy(bind: (batch: DecodeBatch<Row>) => void): DecodeBatch<Row> {
    try {
      bind(this);
      return this;
    } catch (thrown) {
      this[Symbol.dispose]();
      throw thrown;
    }
  }

  /** The rows in their places; some may have ended. */
  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** The places of rows that go on. */
  get places(): Place<Row>[] {
    return this.#rows.map((_, at) => ({ batch: this, at })).filter(({ at }) => !hasEnded(this.#rows[at]!));
  }

  get active(): boolean {
    return this.#rows.some((row) => !hasEnded(row));
  }

  /** Whether the cache has no place for the next token of some row. */
  get full(): boolean {
    return this.#rows.some((row) => !hasEnded(row) && row.length > this.#cache.capacity);
  }

  /** The batch with its next run bound. Some row has to be active. For `decodeTogether`. */
  next(): Ready {
    if (this.#bound !== "prompts") this.#retire();
    return { mostTokens: this.#mostTokens(), begin: (tokens) => this.#begin(tokens) };
  }

  /** Rows that have ended leave where that pays, and must where only prompts were bound. */
  #retire(): void {
    if (this.#cached().length < this.#rows.length) {
      throw new Error("Rows of one prompt go on in another batch");
    }
    const kept = this.places.map(({ at }) => at);
    if (this.#bound === "tokens" && kept.length > this.#rows.length * (1 - RETIRE_SHARE)) return;
    this.#copyRows(this, kept.map((at, to) => ({ at, to })).filter(({ at, to }) => at !== to));
    this.#rows = kept.map((at) => this.#rows[at]!);
    this.#places = inOrder(this.#rows);
    this.#bindNext();
  }

  #mostTokens(): number {
    const { tokens } = this.#tables!;
    if (tokens === 1) return 1;
    const going = this.#rows.filter((row) => !hasEnded(row));
    const room = Math.min(...going.map(({ length }) => this.#cache.capacity - length + 1));
    const wanted = Math.max(
      ...going.map(({ request, sampled }) => request.max_new_tokens - sampled.response_ids.length),
    );
    return Math.min(tokens, room, wanted);
  }

  /**
   * Rows that have ended run on with the others, and so do those that end before the last token, for nobody: they stay
   * inside the cache.
   */
  #begin(tokens: number): Interval {
    const { capacity } = this.#cache;
    const rows = this.#rows;
    const cached = this.#cached();
    const had = rows.map(({ sampled }) => sampled.response_ids.length);
    const longest = rows.reduce((most, { length }) => Math.max(most, length), 0);
    const interval = this.#tables!.interval(tokens, {
      uniform: (row, token) => {
        const { max_new_tokens, uniform } = rows[row]!.request;
        return had[row]! + token < max_new_tokens ? uniform(had[row]! + token) : 0;
      },
      lastPosition: (place, token) => Math.min(cached[place]!.length + token, capacity) - 1,
    });
    return {
      bind: (at) => {
        interval.bind(at);
        const total = Math.min(longest + at, capacity);
        (this.#inputs.total_length as Tensor<"int32">).write(Int32Array.of(total));
      },
      take: () => {
        interval.take((row, token, logprob, top) => {
          if (!hasEnded(rows[row]!)) accept(rows[row]!, token, logprob, top);
        });
        if (this.#bound === "prompts") this.#bound = null;
      },
    };
  }

  /** Copies what is in the caches of rows to their places here; in the same batch rows only move to the front. */
  #copyRows(from: DecodeBatch<Row>, moves: readonly { at: number; to: number }[]): void {
    // The newest token is not in the cache yet.
    const cached = moves.map(({ at, to }) => ({
      at: from.#places[at]!,
      to,
      tokens: from.#rows[at]!.length - 1,
    }));
    this.#cache.copyRows(from.#cache, cached);
  }

  /** A row for each place in the cache: the first that is there. */
  #cached(): Row[] {
    return Array.from({ length: placesOf(this.#places) }, (_, at) => this.#rows[this.#places.indexOf(at)]!);
  }

  /** Binds the first run: every prompt at once, padded on the right. */
  #bindPrompts(): void {
    const cached = this.#cached();
    const columns = Math.max(...cached.map(({ request }) => request.prompt_ids.length));
    const ids = int64s(cached.length * columns);
    const last = int64s(this.#rows.length);
    cached.forEach(({ request: { prompt_ids } }, place) => {
      for (let s = 0; s < prompt_ids.length; s++) ids.words[2 * (place * columns + s)] = prompt_ids[s]!;
    });
    this.#rows.forEach(({ request, sampled }, at) => {
      const place = this.#places[at]!;
      last.words[2 * at] = place * columns + request.prompt_ids.length - 1;
      sampled.prompt_shared = this.#places[at - 1] === place;
    });
    this.#bind(last.array, { tokens: 1, newest: null });
    const shape = [cached.length, columns];
    const prompts = Tensor.onDevice(this.#base.runtime, "int64", shape, ids.array);
    this.#inputs.ids = prompts;
    this.binding.input("ids", prompts);
    this.#bound = "prompts";
  }

  /** Binds one token a row. */
  #bindNext(): void {
    const last = int64s(this.#rows.length);
    this.#rows.forEach((_, at) => last.words[2 * at] = at);
    const newest = this.#rows.map(({ sampled }) => sampled.response_ids.at(-1)!);
    this.#bind(last.array, { tokens: this.#options.syncInterval, newest });
    this.#bound = "tokens";
  }

  /** Binds tensors for the rows as they are now, and tables. */
  #bind(
    last: BigInt64Array<ArrayBuffer>,
    { tokens, newest }: { tokens: number; newest: readonly number[] | null },
  ): void {
    const { runtime, config } = this.#base;
    const { binding } = this;
    const count = this.#rows.length;
    this.#release();
    const float = (values: number[]) =>
      Tensor.onDevice(runtime, "float32", [count], Float32Array.from(values));
    const requests = this.#rows.map(({ request }) => request);
    const cached = this.#cached();
    const width = this.#options.top ? topWidth(config.vocab_size) : 0;
    this.#tables = new TokenTables(runtime, binding, {
      ...{ rows: count, places: cached.length, tokens, newest, topWidth: width },
    });
    this.#inputs = {
      last: Tensor.onDevice(runtime, "int64", [count], last),
      // Attention reads this one on the host, wherever it runs.
      total_length: Tensor.onHost(runtime, "int32", []),
      temperature: float(requests.map(({ temperature }) => temperature)),
      ...this.#options.inputs?.(this.#rows, cached),
      ...(this.#options.truncation && {
        top_k: Tensor.onDevice(
          runtime,
          "int64",
          [count],
          BigInt64Array.from(
            requests,
            ({ top_k }) => BigInt(top_k > 0 ? Math.min(top_k, config.vocab_size) : config.vocab_size),
          ),
        ),
        top_p: float(requests.map(({ top_p }) => top_p)),
      }),
    };
    for (const [name, tensor] of Object.entries(this.#inputs)) binding.input(name, tensor);
    this.#views = this.#cache.bind(binding, cached.length);
  }

  #release(): void {
    for (const tensor of Object.values(this.#inputs)) tensor.dispose();
    this.#views?.[Symbol.dispose]();
    this.#tables?.[Symbol.dispose]();
    this.#inputs = {};
    this.#views = undefined;
    this.#tables = undefined;
  }

  [Symbol.dispose](): void {
    this.binding.dispose();
    this.#release();
    this.#cache[Symbol.dispose]();
  }
}

/** A place in the cache for each row, as they come. */
function inOrder(rows: readonly unknown[]): number[] {
  return [...rows.keys()];
}

/** How many places there are: they are counted from 0, and each is some row's. */
function placesOf(places: readonly number[]): number {
  return places.reduce((most, place) => Math.max(most, place + 1), 0);
}
