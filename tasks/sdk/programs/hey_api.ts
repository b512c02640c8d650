/** With @hey-api/openapi-ts's client: creates a job, follows it to its end and downloads the adapter. */
import {
  createTrainingJob,
  downloadCheckpointFile,
  dryRunTrainingJob,
  getTrainingJob,
  listTrainingJobCheckpoints,
} from "./generated/sdk.gen.ts";
import { client } from "./generated/client.gen.ts";

client.setConfig({ baseUrl: Deno.args[0]! });
const options = { throwOnError: true } as const;
let { data: job } = await createTrainingJob({
  ...options,
  body: {
    kind: "ppo",
    model: "tiny",
    prompts: ["POST: The bakery stopped making the bread I like.\nTL;DR:"],
    ppo: { batch_size: 1, max_new_tokens: 8 },
    reward: { type: "length", target: 5 },
  },
});
while (job.status === "queued" || job.status === "running") {
  await new Promise((resolve) => setTimeout(resolve, 200));
  ({ data: job } = await getTrainingJob({ ...options, path: { id: job.id } }));
}
if (job.status !== "succeeded") throw new Error(`The job ${job.status}: ${job.error?.detail}`);
const { data: like } = await dryRunTrainingJob({ ...options, body: { from: job.id, epochs: 2 } });
if (like.plan.steps !== 2) throw new Error(`A clone of ${job.id} has ${like.plan.steps} steps`);
const reward: number | undefined = job.latest_metrics?.["objective/scores"];
const { data: page } = await listTrainingJobCheckpoints({ ...options, path: { id: job.id } });
const name = "adapter_model.safetensors";
const { data: file } = await downloadCheckpointFile({
  ...options,
  path: { id: page.data[0]!.id, name },
  parseAs: "blob",
});
console.log(JSON.stringify({ job: job.id, reward, bytes: (file as Blob).size }));
