/**
 * The main job from nothing: `deno task demo`. Starts a server on the embedded model, trains it with PPO over HTTP
 * on held-out posts, shows progress, signed webhooks, the reward curve and text before and after, and stops it.
 */
import { parseArgs } from "node:util";
import { Webhook } from "standardwebhooks";
import { Api } from "./api.ts";
import { rewardCurve } from "./reward_curve.ts";
import { rewardPicture } from "./reward_picture.ts";
import { startServer } from "./start_server.ts";
import { demoJob } from "./tiny/demo_job.ts";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "0" },
    epochs: { type: "string", default: "10" },
    /** Write the reward curve as a picture (SVG) here. */
    picture: { type: "string" },
  },
});

const SECRET = `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24))))}`;

interface Epoch {
  epoch: number;
  metrics: Record<string, number>;
}

const started = performance.now();
const server = await startServer({ OUTBOUND_ALLOW: "127.0.0.1" });
console.log(`server ready at ${server.url} after ${((performance.now() - started) / 1000).toFixed(1)} s`);
const api = new Api(server.url);
let deliveries = 0;
const receiver = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
  const body = await request.text();
  // Throws when the signature is wrong; the server would then deliver again.
  new Webhook(SECRET).verify(body, Object.fromEntries(request.headers));
  deliveries++;
  return new Response(null, { status: 204 });
});

try {
  const request = demoJob(Number(options.seed), Number(options.epochs));
  const shown = request.prompts!.slice(0, 4) as string[];
  const before = await texts(shown, null);
  const job = await api.call("POST", "/v1/training-jobs", {
    ...request,
    webhook: { url: `http://127.0.0.1:${receiver.addr.port}/hook`, secret: SECRET },
  });
  console.log(
    `job ${job.id}: ${
      request.prompts!.length
    } posts, ${options.epochs} epochs, reward: a question of 6 to 14 words\n`,
  );
  const finished = await follow(job.id);
  if (finished.status !== "succeeded") {
    throw new Error(`The job ${finished.status}: ${JSON.stringify(finished.error)}`);
  }

  const epochs = (await api.call("GET", `/v1/training-jobs/${job.id}/events?limit=1000`)).data
    .filter(({ type }: { type: string }) => type === "training_job.epoch.completed")
    .map(({ data }: { data: Epoch }) => data) as Epoch[];
  const rewards = epochs.map(({ metrics }) => metrics.avg_reward!);
  console.log(rewardCurve(rewards, epochs.map(({ metrics }) => metrics.kl_div!)));
  const after = await texts(shown, finished.checkpoint);
  shown.forEach((prompt, index) => {
    console.log(prompt.replace(/\nTL;DR:$/, ""));
    console.log(`  before:${before[index]}\n  after: ${after[index]}\n`);
  });
  const [first, last] = [rewards[0]!, rewards.at(-1)!];
  console.log(
    `mean reward ${first.toFixed(3)} in the first epoch, ${
      last.toFixed(3)
    } in the last; ${deliveries} signed webhooks received; ${
      ((performance.now() - started) / 1000).toFixed(0)
    } s in all`,
  );
  if (options.picture) {
    await Deno.writeTextFile(
      options.picture,
      rewardPicture(rewards, epochs.map(({ metrics }) => metrics.kl_div!)),
    );
  }
  if (!(last > first)) throw new Error("The mean reward did not rise");
} finally {
  await receiver.shutdown();
  await server.stop();
}

/** Greedy summaries of posts. */
async function texts(prompts: readonly string[], checkpoint: string | null): Promise<string[]> {
  const { data } = await api.call("POST", "/v1/generations", {
    model: "tiny",
    checkpoint,
    prompts,
    max_new_tokens: 32,
    temperature: 0,
  });
  return data.map(({ text }: { text: string }) => text);
}

/** Shows a job's progress on one line until it ends. */
async function follow(id: string) {
  for (let shownStep = -1;;) {
    const job = await api.call("GET", `/v1/training-jobs/${id}`);
    const { step, steps, eta_seconds } = job.progress;
    if (step !== shownStep && job.latest_metrics) {
      const metrics = job.latest_metrics as Record<string, number>;
      const filled = Math.round(24 * step / steps);
      console.log(
        `[${"#".repeat(filled).padEnd(24, ".")}] step ${String(step).padStart(3)}/${steps}  reward ${
          metrics["objective/scores"]!.toFixed(3)
        }  kl ${metrics["objective/kl"]!.toFixed(3)}  ${metrics.tokens_per_second!.toFixed(0)} tok/s  ${
          eta_seconds === null ? "" : `${Math.ceil(eta_seconds)} s left`
        }`,
      );
      shownStep = step;
    }
    if (["succeeded", "failed", "cancelled"].includes(job.status)) return job;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
