/** Asks nvidia-smi, where there is one, how busy and how full a GPU is while something else runs. */

const INTERVAL_MS = 500;

export interface GpuUse {
  /** Mean over the samples in which it did anything, percent. */
  utilisation: number;
  memory_peak_mb: number;
  samples: number;
}

/** Starts asking; `stop` gives what was seen, or null without nvidia-smi. */
export function watchGpu(index: number): { stop(): Promise<GpuUse | null> } {
  const samples: { used: number; busy: number }[] = [];
  let going = true;
  const watching = (async () => {
    while (going) {
      const answer = await new Deno.Command("nvidia-smi", {
        args: [
          "--query-gpu=memory.used,utilization.gpu",
          "--format=csv,noheader,nounits",
          "-i",
          String(index),
        ],
        stderr: "null",
      }).output().catch(() => null);
      if (!answer?.success) return;
      const [used, busy] = new TextDecoder().decode(answer.stdout).split(",").map(Number);
      samples.push({ used: used!, busy: busy! });
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
  })();
  return {
    async stop() {
      going = false;
      await watching;
      if (samples.length === 0) return null;
      const busy = samples.filter((sample) => sample.busy > 0);
      return {
        utilisation: Math.round(
          busy.reduce((sum, sample) => sum + sample.busy, 0) / Math.max(1, busy.length),
        ),
        memory_peak_mb: Math.max(...samples.map(({ used }) => used)),
        samples: samples.length,
      };
    },
  };
}
