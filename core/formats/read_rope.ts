/** Rotary positions of a config.json: their base and the scalings we run. */
import type { ModelConfig, RopeScaling } from "../../kernels/models/model_config.ts";
import { Fields } from "./config_fields.ts";
import { isRecord } from "./strict_json.ts";

const MAX_POSITIONS = 1 << 24;

const ROPE_SCALINGS = {
  default: () => null,
  linear: (scaling: Fields): RopeScaling => ({ type: "linear", factor: scaling.positive("factor") }),
  llama3: (scaling: Fields, context: number): RopeScaling => {
    const low_freq_factor = scaling.positive("low_freq_factor");
    const high_freq_factor = scaling.positive("high_freq_factor");
    if (high_freq_factor <= low_freq_factor) {
      throw scaling.wrong(
        "high_freq_factor",
        `more than low_freq_factor, which is ${low_freq_factor}`,
      );
    }
    const original_max_position_embeddings = scaling.size(
      "original_max_position_embeddings",
      MAX_POSITIONS,
      context,
    );
    const factor = scaling.positive("factor");
    return { type: "llama3", factor, low_freq_factor, high_freq_factor, original_max_position_embeddings };
  },
} as const;

const ROPE_KINDS = Object.keys(ROPE_SCALINGS) as (keyof typeof ROPE_SCALINGS)[];

/**
 * Rotary info from `rope_theta` and `rope_scaling` (transformers 4) or `rope_parameters` (5); a scaling goes first.
 * One that does not say from which context it scales means `context`, the model's.
 */
export function readRope(fields: Fields, context: number): NonNullable<ModelConfig["rope"]> {
  const { rope_scaling } = fields.source;
  const isEmpty = !rope_scaling || isRecord(rope_scaling) && Object.keys(rope_scaling).length === 0;
  const key = isEmpty ? "rope_parameters" : "rope_scaling";
  const given = fields.source[key] ?? {};
  if (!isRecord(given)) throw fields.wrong(key, "an object");
  if (Object.values(given).some(isRecord)) {
    throw fields.unsupported(key, "one rope for all layers is supported");
  }
  const scaling = new Fields(given, `${key} of config.json`);
  for (const source of [fields, scaling]) {
    if (source.positive("partial_rotary_factor", 1) !== 1) {
      throw source.unsupported("partial_rotary_factor", "supported: 1");
    }
  }
  const kind = scaling.choice(scaling.has("rope_type") ? "rope_type" : "type", ROPE_KINDS, "default");
  return {
    theta: scaling.has("rope_theta") ? scaling.positive("rope_theta") : fields.positive("rope_theta", 10000),
    scaling: ROPE_SCALINGS[kind](scaling, context),
  };
}
