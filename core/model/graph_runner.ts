/** Runs a network's evaluation and training graphs with its parameters bound, and keeps what is bound between runs. */
import { GRADIENT, type GradientOptions } from "../../kernels/artifacts.ts";
import type { Recompute } from "../../kernels/graph/gradient.ts";
import type { Artifact } from "../../kernels/graph/graph.ts";
import type { Binding } from "../ort/binding.ts";
import type { Session } from "../ort/session.ts";
import { Tensor } from "../ort/tensor.ts";
import type { Feeds } from "./feeds.ts";
import { cutEvenly, cutIntoBites, cutIntoLanes, sideBySide } from "./lanes.ts";
import type { SessionCache } from "./network.ts";
import type { ParameterSet } from "./parameter_set.ts";
import type { TokenSequence } from "./token_batch.ts";
import { type TrainingCut, trainingCut } from "./training_cut.ts";

export interface RunOptions {
  signal?: AbortSignal;
}

/** Runs `artifact` once on `feeds` and gives its float32 outputs as arrays of their own. */
export async function evaluate(
  sessions: SessionCache,
  name: string,
  artifact: () => Artifact,
  parameters: ParameterSet | null,
  feeds: Feeds,
  columns: number,
  { signal }: RunOptions = {},
): Promise<Record<string, Float32Array>> {
  const session = await sessions.get(name, artifact);
  using binding = session.bind();
  bindInputs(binding, session, sessions, parameters, feeds, columns);
  for (const output of session.outputs) binding.outputOnDevice(output.name);
  await binding.run({ signal });
  return Object.fromEntries(
    Object.entries(binding.outputs()).map(([output, tensor]) => {
      using owned = tensor;
      return [output, owned.copy() as Float32Array];
    }),
  );
}

/** Inputs of one run, and the columns of its batch. */
export interface PreparedRun {
  feeds: Feeds;
  columns: number;
}

/**
 * A training graph that adds its gradients to `gradients`, which an optimizer step's first run clears before. A graph
 * that overwrites would be another session: loading one takes seconds for a large model.
 */
export class TrainingGraph {
  readonly #sessions: SessionCache;
  readonly #name: string;
  readonly #artifact: (options: GradientOptions) => Artifact;
  readonly #parameters: ParameterSet;
  readonly #gradients: ParameterSet;
  /** Gradients of the lanes beside the first, until they are added to `gradients`. */
  readonly #lanes: ParameterSet[] = [];
  /** By what they make anew. */
  readonly #graphs = new Map<Recompute, Artifact>();
  /** By the shape of the rows. */
  readonly #cuts = new Map<string, TrainingCut>();

  constructor(
    sessions: SessionCache,
    name: string,
    artifact: (options: GradientOptions) => Artifact,
    parameters: ParameterSet,
    gradients: ParameterSet,
  ) {
    this.#sessions = sessions;
    this.#name = name;
    this.#artifact = artifact;
    this.#parameters = parameters;
    this.#gradients = gradients;
  }

  /**
   * One micro-batch, in as many lanes as the model has. `prepare` makes the inputs of some of its rows. Gives the
   * outputs that are not gradients, each flattened: they are sums over rows, so those of all parts add up.
   */
  async run<Row extends TokenSequence>(
    rows: readonly Row[],
    prepare: (rows: readonly Row[]) => PreparedRun,
    { first, signal }: RunOptions & { first: boolean },
  ): Promise<Record<string, Float32Array>> {
    const { base } = this.#sessions;
    const parts = cutIntoLanes(rows, base.lanes);
    while (this.#lanes.length < parts.length - 1) this.#lanes.push(this.#gradients.like());
    const [total, ...others] = await sideBySide(parts, async (part, lane) => {
      const gradients = lane === 0 ? this.#gradients : this.#lanes[lane - 1]!;
      if (lane > 0 || first) gradients.clear();
      const { recompute, bites } = this.#cut(part);
      let sums: Record<string, Float32Array> | undefined;
      for (const bite of bites) {
        const { feeds, columns } = prepare(bite);
        using _released = feeds;
        const outputs = await this.#once(feeds, columns, gradients, recompute, signal);
        sums = sums ? addOutputs(sums, outputs) : outputs;
      }
      return sums!;
    });
    others.forEach((outputs, lane) => {
      addInto(this.#gradients.flat.data, this.#lanes[lane]!.flat.data);
      addOutputs(total!, outputs);
    });
    return total!;
  }

  /** How one lane runs its rows: a model in lanes for speed, any other as its memory wants it. */
  #cut<Row extends TokenSequence>(rows: readonly Row[]): { recompute: Recompute; bites: Row[][] } {
    const { config, lanes, runtime } = this.#sessions.base;
    if (lanes > 1) return { recompute: "nothing", bites: cutIntoBites(rows, config.intermediate_size) };
    const longest = (length: (row: Row) => number) => Math.max(...rows.map(length));
    const shape = {
      rows: rows.length,
      columns: longest(({ prompt_ids, response_ids }) => prompt_ids.length + response_ids.length - 1),
      actions: longest(({ response_ids }) => response_ids.length),
    };
    const key = Object.values(shape).join();
    const graph = (recompute: Recompute) => this.#graph(recompute);
    const cut = this.#cuts.get(key) ?? trainingCut(config, graph, shape, runtime.target);
    this.#cuts.set(key, cut);
    return { recompute: cut.recompute, bites: cutEvenly(rows, Math.ceil(rows.length / cut.rows)) };
  }

  #graph(recompute: Recompute): Artifact {
    const known = this.#graphs.get(recompute) ?? this.#artifact({ accumulate: true, recompute });
    this.#graphs.set(recompute, known);
    return known;
  }

  async #once(
    feeds: Feeds,
    columns: number,
    gradients: ParameterSet,
    recompute: Recompute,
    signal: AbortSignal | undefined,
  ): Promise<Record<string, Float32Array>> {
    const session = await this.#sessions.get(`${this.#name}:${recompute}`, () => this.#graph(recompute));
    using binding = session.bind();
    bindInputs(binding, session, this.#sessions, this.#parameters, feeds, columns);
    gradients.bind(binding, "input", () => true, "accumulated.");
    gradients.bind(binding, "output", (name) => session.gives(name), GRADIENT);
    const stats = session.outputs.filter(({ name }) => !name.startsWith(GRADIENT)).map(({ name, dims }) => {
      const tensor = Tensor.from(this.#sessions.base.runtime, "float32", dims as number[]);
      binding.output(name, tensor);
      return [name, tensor] as const;
    });
    await binding.run({ signal });
    return Object.fromEntries(stats.map(([name, tensor]) => {
      using owned = tensor;
      return [name, owned.copy() as Float32Array];
    }));
  }

  /** Frees the gradients of its lanes. */
  dispose(): void {
    for (const gradients of this.#lanes) gradients.dispose();
  }
}

/** `total` with `part` added to each of its arrays. */
function addOutputs(
  total: Record<string, Float32Array>,
  part: Record<string, Float32Array>,
): Record<string, Float32Array> {
  for (const [name, values] of Object.entries(part)) addInto(total[name]!, values);
  return total;
}

function addInto(total: Float32Array, part: Float32Array): void {
  for (let i = 0; i < total.length; i++) total[i]! += part[i]!;
}

function bindInputs(
  binding: Binding,
  session: Session,
  sessions: SessionCache,
  parameters: ParameterSet | null,
  feeds: Feeds,
  columns: number,
): void {
  parameters?.bind(binding, "input", (name) => session.takes(name));
  feeds.bind(binding, session);
  for (const [name, tensor] of Object.entries(sessions.base.rope(columns))) binding.input(name, tensor);
}
