/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * Runs a user's pattern where it can be killed: JavaScript's engine backtracks, so a bad pattern never returns.
 * Before each text it writes the text's number (from 1) to `progress`, from which the other side sees it stand still.
 */

export interface RegexTask {
  pattern: string;
  flags: string;
  texts: string[];
  /** int32 (1), shared. */
  progress: Int32Array;
}

export type RegexAnswer = { found: boolean[] } | { fault: string };

self.onmessage = ({ data }: MessageEvent<RegexTask>) => {
  self.postMessage(answer(data));
};

function answer({ pattern, flags, texts, progress }: RegexTask): RegexAnswer {
  try {
    const regex = new RegExp(pattern, flags);
    const found = texts.map((text, index) => {
      Atomics.store(progress, 0, index + 1);
      return regex.test(text);
    });
    return { found };
  } catch (error) {
    // V8 compiles on first use: a pattern may be too large only now.
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}
