/**
 * AdamW over a parameter set, group by group (kernels/optimizers). The update and the norm are graphs over flat
 * vectors; what is decided between them (clip, skip) is two numbers on the host.
 */
import { adamwArtifact, gradientNormArtifact } from "../../kernels/optimizers/adamw.ts";
import type { Artifact } from "../../kernels/graph/graph.ts";
import type { Binding } from "../ort/binding.ts";
import type { Runtime } from "../ort/runtime.ts";
import { Tensor } from "../ort/tensor.ts";
import type { ParameterSet } from "./parameter_set.ts";

export interface AdamConfig {
  adam_beta1: number;
  adam_beta2: number;
  adam_eps: number;
  /** Largest gradient norm; null: never scaled. */
  max_grad_norm: number | null;
}

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

const SCALARS = [
  "lr",
  "coefficient",
  "decay",
  "beta1",
  "beta2",
  "eps",
  "correction1",
  "correction2",
] as const;

/** Added to the norm in the clip coefficient, as PyTorch does. */
const CLIP_EPS = 1e-6;

export class Optimizer {
  readonly parameters: ParameterSet;
  readonly gradients: ParameterSet;
  readonly m: ParameterSet;
  readonly v: ParameterSet;
  /** Steps taken; saved with m and v. */
  step = 0;
  readonly #config: AdamConfig;
  readonly #norm: { binding: Binding; result: Tensor };
  readonly #update: Binding;
  readonly #scalars: Record<(typeof SCALARS)[number], Tensor<"float32">>;

  private constructor(
    parameters: ParameterSet,
    config: AdamConfig,
    norm: { binding: Binding; result: Tensor },
    update: Binding,
    scalars: Record<(typeof SCALARS)[number], Tensor<"float32">>,
  ) {
    this.parameters = parameters;
    this.gradients = parameters.like();
    this.m = parameters.like();
    this.v = parameters.like();
    this.#config = config;
    this.#norm = norm;
    this.#update = update;
    this.#scalars = scalars;
    norm.binding.input("gradients", this.gradients.flat);
  }

  /** Moments at zero. */
  static async create(runtime: Runtime, parameters: ParameterSet, config: AdamConfig): Promise<Optimizer> {
    const options = { arena: "none" } as const;
    const session = ({ bytes, hostNodes }: Artifact) =>
      runtime.createSession(bytes, { ...options, hostNodes });
    const normSession = await session(gradientNormArtifact());
    const updateSession = await session(adamwArtifact());
    const result = Tensor.from(runtime, "float32", []);
    const norm = { binding: normSession.bind().output("norm", result), result };
    const update = updateSession.bind();
    const scalars = Object.fromEntries(SCALARS.map((name) => {
      const tensor = Tensor.zeros(runtime, "float32", []);
      update.input(name, tensor);
      return [name, tensor];
    })) as Record<(typeof SCALARS)[number], Tensor<"float32">>;
    return new Optimizer(parameters, config, norm, update, scalars);
  }

  /**
   * Clips the gradient to the configured norm and steps every group by its rate (ppo-spec §11, §12). A gradient
   * that is not finite changes nothing.
   *
   * @param steps by group name
   */
  async apply(steps: Readonly<Record<string, GroupStep>>): Promise<StepOutcome> {
    await this.#norm.binding.run();
    const grad_norm = (this.#norm.result.data as Float32Array)[0]!;
    if (!Number.isFinite(grad_norm)) return { grad_norm, skipped: true };
    const { adam_beta1, adam_beta2, adam_eps, max_grad_norm } = this.#config;
    this.step++;
    const set = (values: Partial<Record<(typeof SCALARS)[number], number>>) => {
      for (const [name, value] of Object.entries(values)) {
        this.#scalars[name as (typeof SCALARS)[number]].write(Float32Array.of(value));
      }
    };
    set({
      coefficient: max_grad_norm === null ? 1 : Math.min(1, max_grad_norm / (grad_norm + CLIP_EPS)),
      beta1: adam_beta1,
      beta2: adam_beta2,
      eps: adam_eps,
      correction1: 1 - adam_beta1 ** this.step,
      correction2: Math.sqrt(1 - adam_beta2 ** this.step),
    });
    for (const { name } of this.parameters.groups) {
      const { lr, weight_decay } = steps[name]!;
      set({ lr, decay: lr * weight_decay });
      this.#update
        .input("parameters", this.parameters.group(name))
        .input("gradients", this.gradients.group(name))
        .input("m", this.m.group(name))
        .input("v", this.v.group(name))
        .output("next_parameters", this.parameters.group(name))
        .output("next_m", this.m.group(name))
        .output("next_v", this.v.group(name));
      await this.#update.run();
    }
    return { grad_norm, skipped: false };
  }
}
