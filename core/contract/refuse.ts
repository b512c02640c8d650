/** How schemas refuse what each field by itself lets through. */
import type { z } from "zod";

/** Told of a fault: where it is, and what would be right. */
export type Refuse = (path: PropertyKey[], message: string) => void;

/** Faults of a value that `superRefine` looks at. */
export function refusing(context: z.RefinementCtx): Refuse {
  return (path, message) => context.addIssue({ code: "custom", path, message });
}
