/**
 * The name of a fine-tuned model: a checkpoint as OpenAI's clients call one, `ft:{model}:proximal:{suffix}:{ulid}`. The ulid
 * says which; the rest is for people, and must be right all the same.
 */

const NAME = /^ft:.+:proximal:[^:]*:([0-9a-hjkmnp-tv-z]{26})$/s;

/** What is called so: `model` and `suffix` are its job's, a null or empty suffix leaves its place empty. */
export function fineTunedName(
  { model, suffix }: { model: string; suffix: string | null },
  checkpoint: string,
): string {
  const plain = (suffix ?? "").replaceAll(/[^\p{L}\p{N}_.-]+/gu, "-");
  return `ft:${model}:proximal:${plain}:${checkpoint.replace(/^ckpt_/, "")}`;
}

/** Whether a name can be nothing but a fine-tuned model's. */
export function isFineTunedName(name: string): boolean {
  return name.startsWith("ft:");
}

/** The id of the checkpoint that a fine-tuned model's name ends in; null where it has none. */
export function checkpointOfName(name: string): string | null {
  const [, ulid] = NAME.exec(name) ?? [];
  return ulid === undefined ? null : `ckpt_${ulid}`;
}
