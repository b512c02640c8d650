/** Whether something failed because the system has no files, processes or memory left to give; later it may. */

const SHORT: readonly unknown[] = ["EMFILE", "ENFILE", "EAGAIN", "ENOMEM"];

export function isShortOfFiles(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (SHORT.includes((error as { code?: unknown }).code)) return true;
  }
  return false;
}
