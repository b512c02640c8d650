/** A command line that cannot be read; its message says what would be right. */
export class UsageError extends Error {
  override name = "UsageError";
}
