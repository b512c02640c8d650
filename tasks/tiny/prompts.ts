/** The demo's prompts: posts of the same kind that the embedded model was never trained on. */
import { heldOut } from "./posts.ts";

const SEED = 1;
const COUNT = 64;

/** 64 prompts, always the same. */
export function demoPrompts(): string[] {
  return heldOut(SEED, COUNT).map(({ prompt }) => prompt);
}
