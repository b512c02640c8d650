/**
 * What dropout does to the demo: `dropout_curve.ts [--seeds 3] [--epochs 10] [--dropout 0.1]` trains it without and with
 * and prints a JSON line each, the mean reward and KL of every epoch.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ppoJobSchema } from "../core/contract/ppo_job.ts";
import { trainJob } from "../core/kinds/train_job.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { demoJob } from "../tasks/tiny/demo_job.ts";

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "3" },
    epochs: { type: "string", default: "10" },
    dropout: { type: "string", default: "0.1" },
    threads: { type: "string", default: "2" },
  },
});
const model = fileURLToPath(new URL("../models/tiny", import.meta.url));
const runtime = Runtime.open({ threads: Number(options.threads) });

for (let seed = 0; seed < Number(options.seeds); seed++) {
  for (const dropout of [0, Number(options.dropout)]) {
    const job = ppoJobSchema.parse({
      ...demoJob(seed, Number(options.epochs)),
      trainable: { type: "lora", dropout },
    });
    const output = await Deno.makeTempDir({ prefix: "proximal-dropout-" });
    try {
      const avg_reward: number[] = [], kl: number[] = [];
      for await (const event of trainJob(runtime, { job, folders: { model, rewards: {}, output } })) {
        if (event.type !== "epoch") continue;
        avg_reward.push(Number(event.metrics.avg_reward!.toFixed(3)));
        kl.push(Number(event.metrics.kl_div!.toFixed(2)));
      }
      console.log(JSON.stringify({ seed, dropout, avg_reward, kl }));
    } finally {
      await Deno.remove(output, { recursive: true });
    }
  }
}
