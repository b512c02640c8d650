/**
 * Rewards a match of a user's regular expression. The pattern runs in a worker that is killed when one completion
 * takes too long; that fails the batch, because a score that depends on the machine's speed would be worse.
 */
import { UserError } from "../errors.ts";
import type { RegexAnswer, RegexTask } from "./regex_worker.ts";
import type { RewardSource } from "./reward_source.ts";
import type { RewardOf } from "./reward_schema.ts";

/** Longest time on one completion. Honest patterns take microseconds; a busy machine must not fail them. */
export const REGEX_TIMEOUT_MS = 2000;

const TICK_MS = 100;

/** 1 if the pattern is found in the completion, else 0. */
export function regexReward(config: RewardOf<"regex">): RewardSource {
  return {
    async score(samples, signal) {
      const found = await testAll(config, samples.map((sample) => sample.completion), signal);
      return Float32Array.from(found, Number);
    },
  };
}

/** Whether each text matches. A worker for each call: none is left behind, whatever happens. */
function testAll(
  { pattern, flags }: RewardOf<"regex">,
  texts: string[],
  signal?: AbortSignal,
): Promise<boolean[]> {
  signal?.throwIfAborted();
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("./regex_worker.ts", import.meta.url), { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<boolean[]>();
  const failed = (why: string) =>
    reject(new UserError("reward_failed", `The regex reward /${pattern}/${flags} ${why}`));

  // Ticks, not a clock: when this process itself was held up, it must not blame the pattern.
  let at = 0, idleTicks = 0;
  const timer = setInterval(() => {
    const now = Atomics.load(progress, 0);
    idleTicks = now === at ? idleTicks + 1 : 0;
    at = now;
    if (at > 0 && idleTicks * TICK_MS >= REGEX_TIMEOUT_MS) {
      failed(
        `took longer than ${REGEX_TIMEOUT_MS} ms on one completion; it must not backtrack without bound`,
      );
    }
  }, TICK_MS);
  const onAbort = () => reject(signal!.reason);
  signal?.addEventListener("abort", onAbort);
  worker.onmessage = ({ data }: MessageEvent<RegexAnswer>) =>
    "fault" in data ? failed(`failed: ${data.fault}`) : resolve(data.found);
  worker.onerror = (event) => {
    event.preventDefault();
    failed(`failed: ${event.message}`);
  };
  worker.postMessage({ pattern, flags, texts, progress } satisfies RegexTask);

  return promise.finally(() => {
    clearInterval(timer);
    signal?.removeEventListener("abort", onAbort);
    worker.terminate();
  });
}
