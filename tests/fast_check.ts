/**
 * fast-check, with the same cases in every run: what failed once can be seen again, and a case that none of a thousand
 * runs met fails nobody's change. `FAST_CHECK_SEED` in the environment: other cases, `FAST_CHECK_RUNS`: more of them where
 * a test does not say how many.
 */
import fc from "fast-check";

const runs = Deno.env.get("FAST_CHECK_RUNS");
fc.configureGlobal({
  seed: Number(Deno.env.get("FAST_CHECK_SEED") ?? 1),
  ...(runs !== undefined && { numRuns: Number(runs) }),
});

export default fc;
