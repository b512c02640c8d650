/** Runs a network's evaluation and training graphs with its parameters bound, and keeps what is bound between runs. */
import { GRADIENT } from "../../kernels/artifacts.ts";
import type { Artifact } from "../../kernels/graph/graph.ts";
import type { Binding } from "../ort/binding.ts";
import type { Session } from "../ort/session.ts";
import { Tensor } from "../ort/tensor.ts";
import type { Feeds } from "./feeds.ts";
import type { SessionCache } from "./network.ts";
import type { ParameterSet } from "./parameter_set.ts";

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

/** A training graph whose gradients land in `gradients`: overwritten by an optimizer step's first run, added to after. */
export class TrainingGraph {
  readonly #sessions: SessionCache;
  readonly #name: string;
  readonly #artifact: (options: { accumulate: boolean }) => Artifact;
  readonly #parameters: ParameterSet;
  readonly #gradients: ParameterSet;

  constructor(
    sessions: SessionCache,
    name: string,
    artifact: (options: { accumulate: boolean }) => Artifact,
    parameters: ParameterSet,
    gradients: ParameterSet,
  ) {
    this.#sessions = sessions;
    this.#name = name;
    this.#artifact = artifact;
    this.#parameters = parameters;
    this.#gradients = gradients;
  }

  /** One micro-batch. Gives the outputs that are not gradients, each flattened. */
  async run(
    feeds: Feeds,
    columns: number,
    { first, signal }: RunOptions & { first: boolean },
  ): Promise<Record<string, Float32Array>> {
    const accumulate = !first;
    const session = await this.#sessions.get(
      `${this.#name}:${accumulate}`,
      () => this.#artifact({ accumulate }),
    );
    using binding = session.bind();
    bindInputs(binding, session, this.#sessions, this.#parameters, feeds, columns);
    const outputs = new Set(session.outputs.map(({ name }) => name));
    if (accumulate) this.#gradients.bind(binding, "input", () => true, "accumulated.");
    this.#gradients.bind(binding, "output", (name) => outputs.has(name), GRADIENT);
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
}

function bindInputs(
  binding: Binding,
  session: Session,
  sessions: SessionCache,
  parameters: ParameterSet | null,
  feeds: Feeds,
  columns: number,
): void {
  const takes = new Set(session.inputs.map(({ name }) => name));
  parameters?.bind(binding, "input", (name) => takes.has(name));
  feeds.bind(binding, session);
  for (const [name, tensor] of Object.entries(sessions.base.rope(columns))) binding.input(name, tensor);
}
