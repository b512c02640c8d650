/** What a part of a reward is called, in metrics and records. */
import { z } from "zod";

export const termName = z.string().regex(
  /^[A-Za-z][A-Za-z0-9_-]{0,39}$/,
  "Expected a letter, and up to 39 letters, digits, '_' and '-' more",
);
