/** Hidden states that are known of a batch's sequences, as graphs take them that begin above frozen layers. */
import type { TokenSequence } from "./token_batch.ts";

/**
 * The layer that graphs over these sequences may begin with.
 *
 * @param frozen how many layers nothing is trained in nor below
 * @returns 0, the embedding, unless what goes into the first that is trained is known of all
 */
export function firstLayer(sequences: readonly TokenSequence[], frozen: number): number {
  return sequences.every(({ hidden }) => hidden?.has(frozen)) ? frozen : 0;
}

/** What goes into `layer`, [rows, columns, width]: zeros where a row is padded. */
export function hiddenBatch(
  sequences: readonly TokenSequence[],
  { layer, columns, width }: { layer: number; columns: number; width: number },
): Float32Array<ArrayBuffer> {
  const batch = new Float32Array(sequences.length * columns * width);
  sequences.forEach(({ hidden, prompt_ids, response_ids }, row) => {
    const own = prompt_ids.length + response_ids.length - 1; // the last token predicts nothing
    batch.set(hidden!.get(layer)!.subarray(0, own * width), row * columns * width);
  });
  return batch;
}
