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
      const sample = await ask(index);
      if (!sample) return;
      samples.push(sample);
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

/** MB in use and percent busy; null where there is no nvidia-smi, or it knows no such GPU. */
async function ask(index: number): Promise<{ used: number; busy: number } | null> {
  const args = ["--query-gpu=memory.used,utilization.gpu", "--format=csv,noheader,nounits", "-i", `${index}`];
  try {
    const { success, stdout } = await new Deno.Command("nvidia-smi", { args, stderr: "null" }).output();
    const [used, busy] = new TextDecoder().decode(stdout).split(",").map(Number);
    return success ? { used: used!, busy: busy! } : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
