/** What a part of a reward is called, in metrics and records. */
import { z } from "zod";

export const termName = z.string().regex(
  /^[A-Za-z0-9_-]{1,40}$/,
  "Expected 1 to 40 letters, digits, '_' and '-'",
);
