/** Runs a network's evaluation and training graphs with its parameters bound, and keeps what is bound between runs. */
import { type AttentionOptions, GRADIENT, type GradientOptions } from "../../kernels/artifacts.ts";
import type { Artifact } from "../../kernels/graph/artifact.ts";
import { peakBytes } from "../../kernels/graph/cost.ts";
import type { Target } from "../../kernels/nn/numerics.ts";
import type { Binding } from "../ort/binding.ts";
import type { Session } from "../ort/session.ts";
import type { ValueInfo } from "../ort/signature.ts";
import { Tensor } from "../ort/tensor.ts";
import type { AdapterMerge } from "./adapter_merge.ts";
import { attentionBlocks } from "./attention_blocks.ts";
import type { BaseModel, Workers } from "../weights/base_model.ts";
import type { ExpectedRows } from "./expected_rows.ts";
import type { Feeds } from "./feeds.ts";
import type { LoraDropout } from "./lora_dropout.ts";
import { type ForwardBounds, forwardBounds, forwardChunks, forwardRows } from "./forward_chunks.ts";
import { isEven, lengthRounds, type RowLength } from "./length_rounds.ts";
import { cutEvenly, inRounds, runWorkers, workersOfBatch } from "./workers.ts";
import type { SessionCache } from "./session_cache.ts";
import type { ParameterSet } from "../weights/parameter_set.ts";
import {
  type BatchRow,
  type BatchShape,
  batchSizes,
  rowSize,
  type RunRow,
  sequencesOf,
} from "./token_batch.ts";
import { formKey, onceAForm, type TrainingCut, trainingCut, type TrainingForm } from "./micro_batch_plan.ts";
import { Deferred } from "./deferred.ts";

export interface RunOptions {
  signal?: AbortSignal;
  /** The job's step, whose dropout masks apply to what is trained with dropout. Each row has its number in it. */
  step?: number;
}

/** Inputs of one run, and the columns of its batch. */
export interface PreparedRun {
  feeds: Feeds;
  columns: number;
}

/**
 * Makes the inputs of some of the rows, in `least` columns or more: a graph is cut into blocks for the longest row of
 * all, and what rows a run has, each block wants a query.
 */
export type Prepare<Row> = (rows: readonly Row[], least: number) => PreparedRun;

/** A graph without gradients, by how its attention is cut. */
export interface EvaluationGraph {
  name: string;
  artifact: (options: AttentionOptions) => Artifact;
}

/** A graph without gradients, and what goes into its runs. */
export interface Evaluation<Row extends BatchRow> extends EvaluationGraph {
  /** What its runs take beside their rows. */
  parameters: readonly (ParameterSet | null)[];
  prepare: Prepare<Row>;
  /** Numbers a token of the widest array: the vocabulary, or hidden. */
  width: number;
  /** Whether rows may be run by their lengths and not in order, which `inOrder` then restores. */
  byLength?: boolean;
  /** The masks of a graph with dropout, and the step whose they are. */
  masks?: { dropout: LoraDropout; step: number } | null;
}

/** The float32 outputs of a run, as arrays of their own. */
type Outputs = Record<string, Float32Array>;

/** A run's rows, where they stood among all, and what came of them. */
export interface Evaluated<Row> {
  part: Row[];
  at: readonly number[];
  outputs: Outputs;
}

/** What `read` makes of each run's rows, one result each, in the order that all rows were given in. */
export function inOrder<Row, Result>(
  runs: readonly Evaluated<Row>[],
  read: (part: readonly Row[], outputs: Outputs) => readonly Result[],
): Result[] {
  const results: Result[] = [];
  for (const { part, at, outputs } of runs) {
    read(part, outputs).forEach((result, row) => results[at[row]!] = result);
  }
  return results;
}

/** Evaluates `rows` in as many runs as they need, and gives each run's rows and outputs; in order unless told otherwise. */
export async function evaluate<Row extends BatchRow>(
  sessions: SessionCache,
  { name, artifact, parameters, prepare, width, byLength = false, masks }: Evaluation<Row>,
  rows: readonly Row[],
  { signal }: RunOptions = {},
): Promise<Evaluated<Row>[]> {
  const { base } = sessions;
  const bounds = forwardBounds(base.runtime.target, base.memoryShare);
  const workers = partsOf(rows, workersOfBatch(rows.length, base), { width, bounds, byLength });
  const blocks = attentionBlocks(longest(rows), base.runtime.target);
  const bindings: { session: Session; binding: Binding }[] = [];
  try {
    for (const session of await evaluationSessions(sessions, { name, artifact }, workers.length, blocks)) {
      const binding = session.bind();
      bindings.push({ session, binding });
      for (const set of [...parameters, masks?.dropout.features]) {
        set?.bind(binding, "input", (name) => session.takes(name));
      }
      for (const output of session.outputs) binding.outputOnDevice(output.name);
    }
    return await inRounds(
      workers,
      async (round) => {
        await runPrepared(
          base,
          round.map(({ part: at, worker }) => {
            const part = at.map((row) => rows[row]!);
            const { feeds, columns } = prepare(part, blocks);
            if (masks) feeds.dropout(masks.dropout, masks.step, part, columns);
            count(base, part, columns);
            return { feeds, columns, ...bindings[worker]! };
          }),
          signal,
        );
        return round.map(({ part: at, worker }) => ({
          part: at.map((row) => rows[row]!),
          at,
          outputs: taken(bindings[worker]!.binding),
        }));
      },
    );
  } finally {
    for (const { binding } of bindings) binding.dispose();
  }
}

/**
 * Loads the sessions that `evaluate` will run these rows in, where what is known of them says which those are: a graph that
 * is not needed would stay in memory.
 */
export async function loadEvaluation(
  sessions: SessionCache,
  graph: EvaluationGraph,
  { rows, longest }: ExpectedRows,
): Promise<void> {
  const { base } = sessions;
  const [blocks, most] = longest.map((tokens) => attentionBlocks(tokens, base.runtime.target));
  if (rows === 0 || blocks !== most) return;
  await evaluationSessions(sessions, graph, workersOfBatch(rows, base), blocks!);
}

function evaluationSessions(
  sessions: SessionCache,
  { name, artifact }: EvaluationGraph,
  workers: number,
  blocks: number,
): Promise<Session[]> {
  return sessions.forWorkers(workers, `${name}:${blocks}`, () => artifact({ blocks }));
}

/** The runs of each worker, as numbers of rows: in order, or by their lengths where those differ. */
function partsOf(
  rows: readonly BatchRow[],
  workers: number,
  { width, bounds, byLength }: { width: number; bounds: ForwardBounds; byLength: boolean },
): number[][][] {
  const lengths = rows.map(lengthOf);
  if (byLength && !isEven(lengths)) {
    const fits = (at: readonly number[]) =>
      forwardChunks(at.map((row) => rows[row]!), width, bounds).length === 1;
    return ofWorkers(lengthRounds(lengths, workers, fits), workers);
  }
  let next = 0;
  return cutEvenly(rows, workers).map((part) =>
    forwardChunks(part, width, bounds).map((chunk) => chunk.map(() => next++))
  );
}

/** What each worker runs, of what is run in each round. */
function ofWorkers<Part>(rounds: readonly (readonly Part[])[], workers: number): Part[][] {
  return Array.from(
    { length: workers },
    (_, worker) => rounds.flatMap((round) => worker < round.length ? [round[worker]!] : []),
  );
}

/** A row as its runs see it: a sequence's last token predicts nothing. */
function lengthOf(row: RunRow): RowLength {
  const columns = sequencesOf(row).map((sequence) => rowSize(sequence).tokens - 1);
  return {
    columns: Math.max(...columns),
    tokens: columns.reduce((sum, length) => sum + length, 0),
    sequences: columns.length,
  };
}

/** Counts what a run computes. */
function count(base: BaseModel, part: readonly RunRow[], columns: number): void {
  const lengths = part.map(lengthOf);
  const sequences = sum(lengths.map(({ sequences }) => sequences));
  base.computed.add(columns * sequences, sum(lengths.map(({ tokens }) => tokens)));
}

/** Bytes of the values that runs of `evaluate` hold at once, of all workers, for a batch of that shape. */
export function evaluationBytes(
  artifact: Artifact,
  shape: BatchShape,
  { width, workers, target }: { width: number; workers: Workers; target: Target },
): number {
  const part = forwardRows(width, forwardBounds(target, workers.memoryShare), shape.columns, shape.actions);
  const rows = Math.min(shape.rows, workersOfBatch(shape.rows, workers) * part);
  return peakBytes(artifact, batchSizes({ ...shape, rows }));
}

/** What of the rows of a run decides how it is cut. */
function shapeOf(rows: readonly RunRow[]): Required<BatchShape> {
  const sequences = rows.flatMap(sequencesOf);
  return {
    rows: rows.length,
    columns: longest(sequences) - 1, // a sequence's last token predicts nothing
    actions: sequences.reduce((most, row) => Math.max(most, rowSize(row).actions), 0),
    sequences: sequences.length / rows.length,
    sharing: sequences.reduce((sum, row) => sum + ("parts" in row ? row.parts.length : 0), 0) ||
      rows.length,
  };
}

/** Tokens of the longest row. */
function longest(rows: readonly BatchRow[]): number {
  return rows.reduce((most, row) => Math.max(most, rowSize(row).tokens), 0);
}

/** The outputs that onnxruntime made. */
function taken(binding: Binding): Outputs {
  return Object.fromEntries(
    Object.entries(binding.outputs()).map(([output, tensor]) => {
      using owned = tensor;
      return [output, owned.copy() as Float32Array];
    }),
  );
}

/** One run of each worker, whose inputs are freed afterwards. */
async function runPrepared(
  base: BaseModel,
  workers: readonly (PreparedRun & { session: Session; binding: Binding })[],
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    for (const { feeds, columns, session, binding } of workers) {
      feeds.bind(binding, session);
      for (const [name, tensor] of Object.entries(base.rope(columns))) {
        if (session.takes(name)) binding.input(name, tensor);
      }
    }
    await runWorkers(workers.map(({ binding }) => binding), { here: base.small, signal });
  } finally {
    for (const { feeds } of workers) feeds[Symbol.dispose]();
  }
}

/** A session with all that stays the same from run to run. */
interface BoundWorker {
  readonly session: Session;
  /** Which worker it is: several may share a session, but not what they add their gradients to. */
  readonly index: number;
  readonly binding: Binding;
  /** Outputs that are not gradients: every run leaves them in tensors of their own. */
  readonly stats: readonly ValueInfo[];
}

/** Bytes of gradients that workers of a training graph hold beside the optimizer's, by those of the parameters. */
export function workerGradientBytes(workers: number, parameters: number): number {
  return (workers - 1) * parameters;
}

/**
 * A training graph that adds its gradients to `gradients`, which an optimizer step's first run clears before. A graph
 * that overwrites would be another session to load and to keep.
 */
export class TrainingGraph {
  readonly #sessions: SessionCache;
  readonly #name: string;
  readonly #artifact: (form: TrainingForm) => Artifact;
  readonly #merge: AdapterMerge;
  readonly #parameters: ParameterSet;
  readonly #gradients: ParameterSet;
  readonly #dropout: LoraDropout | null;
  /** Gradients of the workers beside the first, until they are added to `gradients`. */
  readonly #workers: ParameterSet[] = [];
  readonly #bound: BoundWorker[] = [];
  /** By the shape of the rows. */
  readonly #cuts = new Map<string, TrainingCut>();

  constructor(
    sessions: SessionCache,
    name: string,
    artifact: (options: GradientOptions) => Artifact,
    { merge, parameters, gradients, dropout = null }: {
      merge: AdapterMerge;
      parameters: ParameterSet;
      gradients: ParameterSet;
      /** What the masks of a graph with dropout are drawn by; it stays whoever gave it's. */
      dropout?: LoraDropout | null;
    },
  ) {
    this.#sessions = sessions;
    this.#name = name;
    this.#artifact = onceAForm((form) => artifact({ accumulate: true, ...form }));
    this.#merge = merge;
    this.#parameters = parameters;
    this.#gradients = gradients;
    this.#dropout = dropout;
  }

  /**
   * One micro-batch, in as many workers as the model has. Gives the outputs that are not gradients, each flattened: they
   * are sums over rows, so those of all parts add up when read. What of a row belongs together stays in one run.
   *
   * @throws {RangeError} if its graph has dropout, and no step is given or a row has no number
   */
  async run<Row extends RunRow>(
    rows: readonly Row[],
    prepare: Prepare<Row>,
    { first, step, signal }: RunOptions & { first: boolean },
  ): Promise<Deferred<Outputs>> {
    const cut = this.#cut(shapeOf(rows));
    const parts = trainingParts(rows, cut);
    const sessions = await this.#loaded(cut, parts.length);
    const merged = await this.#merge.merge(this.#parameters);
    const workers = sessions.map((session, index) => this.#worker(session, index, merged));
    for (const index of parts.keys()) {
      if (index > 0 || first) this.#gradientsOf(index).clear();
    }
    using made = new DisposableStack();
    const stats = await inRounds(
      parts,
      async (round) => {
        const fresh = round.map(({ worker }) => this.#bindStats(workers[worker]!, made));
        await runPrepared(
          this.#sessions.base,
          round.map(({ part, worker }) => {
            const { feeds, columns } = prepare(part, cut.blocks);
            count(this.#sessions.base, part, columns);
            if (this.#dropout) feeds.dropout(this.#dropout, step, part.flatMap(sequencesOf), columns);
            return { feeds, columns, ...workers[worker]! };
          }),
          signal,
        );
        return fresh;
      },
    );
    for (const { flat } of this.#workers.slice(0, parts.length - 1)) {
      addInto(this.#gradients.flat.data, flat.data);
    }
    return new Deferred(made.move(), () => {
      const [total, ...others] = stats.map((tensors): Outputs =>
        Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.copy()]))
      );
      return others.reduce(addOutputs, total!);
    });
  }

  /** Makes room for the statistics of a worker's next run. */
  #bindStats({ binding, stats }: BoundWorker, made: DisposableStack): Record<string, Tensor<"float32">> {
    const { runtime } = this.#sessions.base;
    return Object.fromEntries(stats.map(({ name, dims }) => {
      const tensor = made.use(Tensor.zerosOnDevice(runtime, "float32", dims as number[]));
      binding.output(name, tensor);
      return [name, tensor];
    }));
  }

  /** Loads the sessions that `run` will run these rows in, as `loadEvaluation` does: of a whole micro-batch of them. */
  async load({ rows, longest: [least, most], actions }: ExpectedRows): Promise<void> {
    if (rows === 0) return;
    // A sequence's last token predicts nothing.
    const [small, large] = [{ columns: least - 1, actions: 1 }, { columns: most - 1, actions }]
      .map((shape) => this.#cut({ rows, ...shape, sequences: 1, sharing: rows }));
    if (formKey(small!) !== formKey(large!) || small!.workers !== large!.workers) return;
    await this.#loaded(large!, large!.workers);
  }

  #loaded(cut: TrainingCut, workers: number): Promise<Session[]> {
    return this.#sessions.forWorkers(workers, `${this.#name}:${formKey(cut)}`, () => this.#artifact(cut));
  }

  #cut(shape: Required<BatchShape>): TrainingCut {
    const { base } = this.#sessions;
    const { rows, columns, actions, sequences, sharing } = shape;
    const key = [rows, columns, actions, sequences, sharing].join();
    const cut = this.#cuts.get(key) ??
      trainingCut(base.config, this.#artifact, shape, base, base.runtime.target);
    this.#cuts.set(key, cut);
    return cut;
  }

  /** A worker's session with parameters and gradients bound: there are hundreds of them, and they stay where they are. */
  #worker(session: Session, index: number, merged: ParameterSet | null): BoundWorker {
    const known = this.#bound.find((worker) => worker.session === session && worker.index === index);
    if (known) return known;
    const binding = session.bind();
    this.#parameters.bind(binding, "input", (name) => session.takes(name));
    merged?.bind(binding, "input", () => true);
    this.#dropout?.features.bind(binding, "input", (name) => session.takes(name));
    const gradients = this.#gradientsOf(index);
    gradients.bind(binding, "input", () => true, "accumulated.");
    gradients.bind(binding, "output", (name) => session.gives(name), GRADIENT);
    const stats = session.outputs.filter(({ name }) => !name.startsWith(GRADIENT));
    const bound = { session, index, binding, stats };
    this.#bound.push(bound);
    return bound;
  }

  /** What a worker adds its gradients to. */
  #gradientsOf(index: number): ParameterSet {
    while (this.#workers.length < index) this.#workers.push(this.#gradients.like());
    return index === 0 ? this.#gradients : this.#workers[index - 1]!;
  }

  /** Frees what is bound, and the gradients of its workers. */
  dispose(): void {
    for (const { binding } of this.#bound) binding.dispose();
    for (const gradients of this.#workers) gradients.dispose();
  }
}

/**
 * The runs of each worker: in order, or by their lengths where those differ, none larger in any way than the cut's largest.
 */
function trainingParts<Row extends RunRow>(rows: readonly Row[], cut: TrainingCut): Row[][][] {
  const lengths = rows.map(lengthOf);
  if (isEven(lengths)) {
    return cutEvenly(rows, cut.workers).map((part) => cutEvenly(part, Math.ceil(part.length / cut.rows)));
  }
  const actions = rows.map((row) => sum(sequencesOf(row).map((sequence) => rowSize(sequence).actions)));
  const columns = lengths.map(({ columns, sequences }) => columns * sequences);
  const most = { columns: cut.rows * Math.max(...columns), actions: cut.rows * Math.max(...actions) };
  const fits = (at: readonly number[]) =>
    lengths[at[0]!]!.columns * sum(at.map((row) => lengths[row]!.sequences)) <= most.columns &&
    sum(at.map((row) => actions[row]!)) <= most.actions;
  const rounds = lengthRounds(lengths, cut.workers, fits);
  return ofWorkers(rounds, Math.min(cut.workers, rows.length))
    .map((parts) => parts.map((part) => part.map((row) => rows[row]!)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** `total` with `part` added to each of its arrays. */
function addOutputs(total: Outputs, part: Outputs): Outputs {
  for (const [name, values] of Object.entries(part)) addInto(total[name]!, values);
  return total;
}

function addInto(total: Float32Array, part: Float32Array): void {
  for (let i = 0; i < total.length; i++) total[i]! += part[i]!;
}
