/**
 * What the commands of an engine process work with: the runtime, the models that are served, how fast the machine is.
 * Each is there once something asks for it, and then for all.
 */
import { placeOf } from "../device_name.ts";
import { Runtime } from "../ort/runtime.ts";
import { type MachineRates, machineRates } from "../run/measured_rates.ts";
import { ServedModels } from "../serve/served_models.ts";
import { inexactInt8 } from "../weights/int8_products.ts";
import type { Ranks } from "./ranks.ts";

/** What the environment says of a process; everything has a default. */
export interface EngineSettings {
  /** Where commands compute that name no device. */
  device: string;
  /** onnxruntime's, instead of the package's own. */
  library: string | undefined;
  /** Of the runtime; its own choice if not given. */
  threads: number | undefined;
  /** Forms of int8 weights that are taken for inexact. */
  inexactInt8: string | undefined;
  /** Bytes from which on served policies leave. */
  servingBytes: number;
  /** What generations multiply by. */
  servingPrecision: "float32" | "int8";
}

export class EngineParts {
  readonly settings: EngineSettings;
  /** Of a job that several processes train. */
  readonly ranks: Ranks | null;
  #runtime: Runtime | undefined;
  #served: ServedModels | undefined;
  #rates: Promise<MachineRates> | undefined;

  constructor(settings: EngineSettings, ranks: Ranks | null = null) {
    this.settings = settings;
    this.ranks = ranks;
  }

  /**
   * The runtime, opened by the first command that needs it, on that command's device: a process that trains does nothing
   * else.
   */
  runtime(device = this.settings.device): Runtime {
    const { library, threads } = this.settings;
    return this.#runtime ??= Runtime.open({
      library,
      device: placeOf(device),
      // What a GPU still computes in float32 need not be more exact than what PyTorch's users get there.
      tf32: true,
      inexactInt8: inexactInt8(this.settings.inexactInt8),
      ...(threads !== undefined && { threads }),
      logSeverity: "error",
    });
  }

  served(): ServedModels {
    return this.#served ??= new ServedModels(
      this.runtime(),
      this.settings.servingBytes,
      this.settings.servingPrecision,
    );
  }

  /** How fast the runtime's device is, measured once. */
  rates(): Promise<MachineRates> {
    return this.#rates ??= machineRates(this.runtime());
  }

  /** Lets everything go that no command uses. */
  trim(): void {
    this.#served?.trim(0);
  }
}
