/**
 * AdamW over a parameter set, group by group (kernels/optimizers). A step is one run, and what it decides (clip, skip) and
 * counts stays where it runs: the next mini-batch waits for nothing that the host would have to read.
 */
import { type AdamConfig, adamwArtifact } from "../../kernels/optimizers/adamw.ts";
import type { Binding } from "../ort/binding.ts";
import type { Runtime } from "../ort/runtime.ts";
import type { Session } from "../ort/session.ts";
import { Tensor } from "../ort/tensor.ts";
import { Feeds } from "../run/feeds.ts";
import type { ParameterSet } from "../weights/parameter_set.ts";
import { Deferred } from "../run/deferred.ts";

/** What one group is stepped with. */
export interface GroupStep {
  lr: number;
  weight_decay: number;
}

export interface StepOutcome {
  /** Norm of the whole gradient before clipping. */
  grad_norm: number;
  /** The norm was not finite: nothing was changed. */
  skipped: boolean;
}

/** Bytes that an optimizer adds to parameters of so many: the gradient and both moments. */
export function optimizerBytes(parameters: number): number {
  return 3 * parameters;
}

export class Optimizer {
  readonly parameters: ParameterSet;
  readonly gradients: ParameterSet;
  readonly m: ParameterSet;
  readonly v: ParameterSet;
  readonly #runtime: Runtime;
  readonly #session: Session;
  readonly #binding: Binding;
  readonly #step: Tensor<"float64">;

  private constructor(runtime: Runtime, parameters: ParameterSet, session: Session) {
    this.parameters = parameters;
    this.gradients = parameters.like();
    this.m = parameters.like();
    this.v = parameters.like();
    this.#runtime = runtime;
    this.#session = session;
    this.#step = Tensor.zerosOnDevice(runtime, "float64", []);
    this.#binding = session.bind()
      .input("gradients", this.gradients.flat)
      .input("step", this.#step)
      .output("next_step", this.#step);
    for (const { name } of parameters.groups) {
      this.#binding.input(`gradients.${name}`, this.gradients.group(name));
      for (const [kind, set] of Object.entries({ parameters, m: this.m, v: this.v })) {
        this.#binding.input(`${kind}.${name}`, set.group(name));
        this.#binding.output(`next_${kind}.${name}`, set.group(name));
      }
    }
  }

  /** Moments at zero. */
  static async create(runtime: Runtime, parameters: ParameterSet, config: AdamConfig): Promise<Optimizer> {
    const { bytes, hostNodes } = adamwArtifact(parameters.groups.map(({ name }) => name), config);
    const session = await runtime.createSession(bytes, { arena: "none", hostNodes });
    return new Optimizer(runtime, parameters, session);
  }

  /** Steps taken; reading it waits for those under way. */
  get step(): number {
    return this.#step.read()[0]!;
  }

  /** For an optimizer whose moments are set to those of an earlier one. */
  set step(taken: number) {
    this.#step.write(Float64Array.of(taken));
  }

  /**
   * Clips the gradient to the configured norm and steps every group by its rate (ppo-spec §11, §12). A gradient
   * that is not finite changes nothing.
   *
   * @param steps by group name
   */
  async apply(steps: Readonly<Record<string, GroupStep>>): Promise<Deferred<StepOutcome>> {
    using feeds = new Feeds(this.#runtime);
    using made = new DisposableStack();
    for (const { name } of this.parameters.groups) {
      const { lr, weight_decay } = steps[name]!;
      feeds.scalar(`lr.${name}`, lr).scalar(`decay.${name}`, lr * weight_decay);
    }
    feeds.bind(this.#binding, this.#session);
    const norm = made.use(Tensor.zerosOnDevice(this.#runtime, "float32", []));
    await this.#binding.output("norm", norm).run();
    return new Deferred(made.move(), () => {
      const grad_norm = norm.read()[0]!;
      return { grad_norm, skipped: !Number.isFinite(grad_norm) };
    });
  }
}
