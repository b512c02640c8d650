/**
 * A course that several processes run together: each does every step, and what must be the same in all of them is. Rank 0
 * alone writes checkpoints, and alone hears of a pause; its measurements are everybody's, so that whatever is
 * decided by them is decided alike.
 */
import { UserError } from "../errors.ts";
import { ALONE, type Replicas } from "../replicas/replicas.ts";
import { toAll } from "../replicas/together.ts";
import { StepAbandoned } from "../step_abandoned.ts";
import {
  type Checkpoints,
  type Counters,
  type Course,
  type Evaluated,
  runSteps,
  type TrainSignals,
} from "./step_loop.ts";

interface Replicated<S extends Counters> {
  course: Course<S>;
  signals: TrainSignals;
}

/** Those that train together, and what tells whether they still hold the same. */
export interface Together {
  /** Without it the process trains alone. */
  replicas?: Replicas;
  /** Of all that is trained; needed where several processes train it. */
  checksum?: () => string;
}

/** `runSteps` by each of the processes that train together. */
export function runReplicated<S extends Counters>(
  course: Course<S>,
  signals: TrainSignals,
  { replicas = ALONE, checksum = () => "" }: Together,
): ReturnType<typeof runSteps<S>> {
  const replicated = replicatedCourse(course, signals, replicas, checksum);
  return runSteps(replicated.course, replicated.signals);
}

/**
 * The course and its signals for one of `replicas`; of a process that trains alone, as they are.
 *
 * @param checksum of all that is trained; compared at each epoch's end
 */
function replicatedCourse<S extends Counters>(
  course: Course<S>,
  signals: TrainSignals,
  replicas: Replicas,
  checksum: () => string,
): Replicated<S> {
  if (replicas.size === 1) return { course, signals };
  const isFirst = replicas.rank === 0;
  /** What all know of a pause. */
  const paused = new AbortController();

  /** Makes one's figures rank 0's, and tells all whether to pause. */
  const agree = async <T extends { metrics: object }>(measured: T): Promise<T> => {
    const told = { metrics: measured.metrics, pause: signals.pause?.aborted ?? false };
    const [first] = await replicas.gather(isFirst ? [told] : []);
    if (first!.pause) paused.abort();
    return { ...measured, metrics: first!.metrics };
  };
  /** A step is given up by all or by none, and only for a pause. */
  const orAbandoned = (thrown: unknown): never => {
    if (thrown instanceof StepAbandoned) paused.abort();
    throw thrown;
  };
  const compare = async (step: number) => {
    const sums = await replicas.gather([checksum()]);
    if (new Set(sums).size === 1) return;
    const each = sums.map((sum, rank) => `rank ${rank} ${sum.slice(0, 8)}`).join(", ");
    const detail = `After step ${step} the processes of this job hold different parameters: ${each}`;
    throw toAll(new UserError("replicas_diverged", detail));
  };

  const { evaluation, checkpoints } = course;
  return {
    signals: { ...signals, pause: paused.signal },
    course: {
      ...course,
      step: async (state, options) => {
        const stepped = await course.step(state, options).then(agree, orAbandoned);
        const { step } = stepped.next;
        if (step % course.plan.steps_per_epoch === 0) await compare(step);
        return stepped;
      },
      evaluation: evaluation && {
        ...evaluation,
        run: async function* (step, signal): ReturnType<typeof evaluation.run> {
          let evaluated: Evaluated;
          try {
            evaluated = yield* evaluation.run(step, signal);
          } catch (thrown) {
            return orAbandoned(thrown);
          }
          return await agree(evaluated);
        },
      },
      checkpoints: isFirst ? checkpoints : checkpoints && unwritten(checkpoints),
    },
  };
}

/** Checkpoints that another process writes. */
function unwritten<S extends Counters>({ every_steps }: Checkpoints<S>): Checkpoints<S> {
  return {
    every_steps,
    ready: () => Promise.resolve(),
    save: () => ({ read: Promise.resolve(), saved: Promise.resolve({ folder: "", files: [] }) }),
  };
}
