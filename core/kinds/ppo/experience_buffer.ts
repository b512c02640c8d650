/**
 * Rollouts waiting to be trained on, bounded in bytes. What happens when it is full is chosen when it is made,
 * never silently. It computes nothing: rows come in finished.
 */
import { UserError } from "../../errors.ts";
import { permutation } from "../../rng.ts";
import { type Experience, experienceBytes } from "./experience.ts";

/** `reject`: refuse the new row. `evict_oldest`: drop rows from the front until it fits. */
export type OverflowPolicy = "reject" | "evict_oldest";

export interface BatchKey {
  /** Version every row must be of; rows sampled from an older policy are refused. */
  policy_version: number;
  /** Key of the draw: the same key gives the same rows. */
  seed: number;
  step: number;
  round: number;
}

export class ExperienceBuffer {
  readonly maxBytes: number;
  readonly overflow: OverflowPolicy;
  #rows: Experience[] = [];
  #bytes = 0;
  #tokens = 0;
  #evicted = 0;

  /** @throws {RangeError} if `max_bytes` is not positive */
  constructor(options: { max_bytes: number; overflow: OverflowPolicy }) {
    if (!(options.max_bytes > 0)) {
      throw new RangeError(`Cannot make a buffer of max_bytes ${options.max_bytes}: it must be positive`);
    }
    this.maxBytes = options.max_bytes;
    this.overflow = options.overflow;
  }

  /** Rows held, oldest first. */
  get rows(): readonly Experience[] {
    return this.#rows;
  }

  get size(): number {
    return this.#rows.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Action tokens held. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Rows dropped by `evict_oldest` since the buffer was made. */
  get evicted(): number {
    return this.#evicted;
  }

  /**
   * Adds a row.
   *
   * @throws {UserError} `out_of_memory` if it does not fit and the policy is `reject`, or if it never could
   * @throws {RangeError} if an array is not as long as the response
   */
  store(row: Experience): void {
    checkLengths(row);
    const bytes = experienceBytes(row);
    if (bytes > this.maxBytes || (this.overflow === "reject" && this.#bytes + bytes > this.maxBytes)) {
      throw new UserError(
        "out_of_memory",
        `Cannot store a rollout of ${bytes} bytes: the experience buffer holds ${this.#bytes} of ${this.maxBytes}; lower batch_size or max_new_tokens`,
      );
    }
    let drop = 0;
    for (; this.#bytes + bytes > this.maxBytes; drop++) this.#forget(this.#rows[drop]!);
    if (drop > 0) this.#rows.splice(0, drop);
    this.#evicted += drop;
    this.#rows.push(row);
    this.#bytes += bytes;
    this.#tokens += row.response_ids.length;
  }

  /**
   * `size` different rows in an order that depends on the key alone.
   *
   * @throws {RangeError} if fewer rows are held, or one of those drawn is not of `key.policy_version`
   */
  sampleBatch(size: number, key: BatchKey): Experience[] {
    if (!Number.isInteger(size) || size < 1 || size > this.size) {
      throw new RangeError(`Cannot sample ${size} rollouts: the buffer holds ${this.size}`);
    }
    const order = permutation(key.seed, "shuffle", key.step, key.round, this.size);
    return order.slice(0, size).map((index) => {
      const row = this.#rows[index]!;
      if (row.policy_version !== key.policy_version) {
        throw new RangeError(
          `Cannot train on rollout ${row.rollout_id}: it is of policy version ${row.policy_version}, not ${key.policy_version}`,
        );
      }
      return row;
    });
  }

  /** Drops all rows; the count of evictions stays. */
  clear(): void {
    this.#rows = [];
    this.#bytes = 0;
    this.#tokens = 0;
  }

  #forget(row: Experience): void {
    this.#bytes -= experienceBytes(row);
    this.#tokens -= row.response_ids.length;
  }
}

const PER_TOKEN = [
  "logprobs",
  "ref_logprobs",
  "rollout_logprobs",
  "values",
  "kl",
  "rewards",
  "advantages",
  "returns",
] as const;

function checkLengths(row: Experience): void {
  const tokens = row.response_ids.length;
  if (tokens === 0) throw new RangeError(`Cannot store rollout ${row.rollout_id}: it has no tokens`);
  for (const field of PER_TOKEN) {
    const length = row[field]?.length ?? tokens; // what a method does not have is null
    if (length !== tokens) {
      throw new RangeError(
        `Cannot store rollout ${row.rollout_id}: ${field} has ${length} entries for ${tokens} tokens`,
      );
    }
  }
}
