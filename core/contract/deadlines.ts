/** How long the parts of the server wait for an engine process. Requests have one of their own, REQUEST_TIMEOUT_S. */
export const DEADLINES = {
  /** Until a new process says `ready`. */
  start_ms: 60_000,
  /**
   * Texts through a folder's template and tokenizer, and some more for each byte of the request: what such files hold can
   * loop for ever.
   */
  text_ms: 10_000,
  text_byte_ms: 4 / 1000,
  /** The largest tokenizer to be read, or a text to be scored by a reward model with a tokenizer of its own. */
  folder_ms: 60_000,
  /** A process that works says so every second, unless it is stopped or hangs in what nothing here has bounded. */
  silence_ms: 90_000,
  /** A training process that lives and comes no further; one whose steps are long gets `STALL_STEPS` of them. */
  stall_ms: 3_600_000,
  /** For a cancelled or late request to end, after which its process is ended. */
  cancel_ms: 30_000,
  /** The same for a cancelled job, which leaves nothing that is wanted. */
  job_cancel_ms: 2_000,
  /** For a process to leave when it is asked to. */
  stop_ms: 10_000,
  /** A process without requests, with the models it holds. */
  idle_ms: 300_000,
} as const;

/** How many times as long as the longest step so far a training process may take to come further. */
export const STALL_STEPS = 20;

/** How often an engine process says that it lives. */
export const HEARTBEAT_MS = 1000;
