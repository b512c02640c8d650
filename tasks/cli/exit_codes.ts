/** What a command ends with, for scripts. */
export const EXIT = {
  done: 0,
  /** The server refused it, or could not be reached. */
  refused: 1,
  /** The command line cannot be read; nothing was asked of the server. */
  usage: 2,
  /** The job that was followed has failed or was cancelled. */
  job_failed: 3,
  /** Ctrl-C, as shells say it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
