/** One rank of a test: does what its argument names, and says as one line of JSON what came of it. */
import { Mpi } from "../../../core/mpi/mpi.ts";

const [library, what, timeout = "60000"] = Deno.args;
const mpi = new Mpi(library!, {
  timeoutMs: Number(timeout),
  onTimeout: (collective) => {
    Deno.writeTextFileSync("/dev/stderr", `rank ${rank} has waited too long for ${collective}\n`);
    mpi.abort(3);
  },
});
const { rank, size } = mpi;

function say(said: Record<string, unknown>): void {
  Deno.writeTextFileSync("/dev/stdout", JSON.stringify({ rank, size, ...said }) + "\n");
}

const TESTS: Record<string, () => Promise<void>> = {
  async sums() {
    const floats = Float32Array.from({ length: 100_003 }, (_, at) => Math.sin(at + rank) / 3);
    await mpi.sum(floats);
    const doubles = Float64Array.of(rank + 1, 0.1);
    await mpi.sum(doubles);
    await mpi.sum(new Float32Array(0));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", floats));
    say({ first: floats[1], doubles: [...doubles], digest: [...digest].join() });
  },
  async gathers() {
    const mine = Array.from({ length: rank }, (_, at) => ({ rank, at, ids: Int32Array.of(rank, at) }));
    const all = await mpi.gather(mine);
    const long = await mpi.gather(["x".repeat(1_000_000 * (rank + 1))]);
    say({
      all: all.map((item) => [item.rank, item.at, [...item.ids]]),
      long: long.map(({ length }) => length),
    });
  },
  /** Rank 1 comes when the other, whose timer runs meanwhile, has waited for a second: it makes a file then. */
  async waits() {
    const file = Deno.args[3]!;
    while (rank === 1 && !await Deno.stat(file).catch(() => null)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    let ticks = 0;
    const began = performance.now();
    const timer = setInterval(() => {
      if (++ticks > 20 && performance.now() - began > 1000) Deno.writeTextFileSync(file, "");
    }, 5);
    await mpi.sum(new Float32Array(10));
    clearInterval(timer);
    const { wait_s, sum_s } = mpi.takeSeconds();
    say({ ticks, waited: wait_s, longer: wait_s > sum_s, then: mpi.takeSeconds().wait_s });
  },
  /** Rank 1 never comes. */
  async alone() {
    await mpi.sum(new Float32Array(1));
    if (rank === 1) await new Promise((resolve) => setTimeout(resolve, 60_000));
    await mpi.sum(new Float32Array(10));
  },
  async throws() {
    if (rank === 1) throw new Error("rank 1 has had enough");
    await mpi.sum(new Float32Array(10));
  },
  async killed() {
    if (rank === 1) Deno.kill(Deno.pid, "SIGKILL");
    await mpi.sum(new Float32Array(10));
  },
};
await TESTS[what!]!();
await mpi.finalize();
Deno.exit(0);
