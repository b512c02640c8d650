/** What logits may be divided by. */

/** In float32: below, entropies are noise, and far below they are not finite. */
export const MIN_TEMPERATURE = 0.001;
