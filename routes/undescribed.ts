/** Answers that a route's schemas cannot describe to the compiler: streams, files, and JSON that is there as text. */

/** The same answer, of the type that any route may give. */
export function undescribed(answer: Response): never {
  return answer as never;
}
