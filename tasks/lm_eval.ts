/**
 * `deno task lm-eval [--python PATH]`: EleutherAI's lm-evaluation-harness evaluates the embedded model and a checkpoint of
 * it on this server, in each way that its `local-completions` has, and on transformers; the numbers must be equal. Needs
 * `pip install "lm-eval[api]" torch transformers accelerate`.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { fineTunedName } from "../core/contract/fine_tuned_name.ts";
import { type TaskName, writeTasks } from "./lm_eval/local_tasks.ts";
import { startServer } from "./start_server.ts";

/** Log-likelihoods and metrics may differ by so much, relative to the number where that is above 1. */
export const TOLERANCE = 1e-3;

/** The embedded model's. */
const CONTEXT = 512;
const TINY = fileURLToPath(new URL("../models/tiny", import.meta.url));
const ALL: TaskName[] = ["proximal_choice", "proximal_generate", "proximal_rolling"];

interface Run {
  name: string;
  model: string;
  arguments: string;
  tasks: TaskName[];
  batch_size: number;
  chat: boolean;
}

interface Answer {
  samples: Record<string, unknown[]>;
  metrics: Record<string, Record<string, number>>;
}

/** Arguments by which a Python says whether it has the harness, and what that runs transformers with. */
export const HARNESS = ["-c", "import lm_eval, torch, transformers, aiohttp, tenacity, accelerate"];

/** What the harness is asked to do with a model: on transformers, and in each way on the server. */
function runsOf(
  name: string,
  { folder, url }: { folder: string; url: string },
): { base: Run; served: Run[] } {
  const common = { tasks: ALL, batch_size: 1, chat: false };
  const server = (
    more: string,
    { path = "completions", model = "local-completions", ...rest }: Partial<Run> & { path?: string } = {},
  ): Run => ({
    ...common,
    model,
    arguments: `model=${name},base_url=${url}/v1/${path},${more}`,
    name: `${model} ${more.replace(/tokenizer=[^,]*,?/, "")}`,
    ...rest,
  });
  const tokenizer = `tokenizer=${folder},max_length=${CONTEXT}`;
  return {
    // Its windows over long texts are two tokens longer than those of the harness's API models.
    base: {
      ...common,
      name: "transformers",
      model: "hf",
      arguments: `pretrained=${folder},dtype=float32,device=cpu,max_length=${CONTEXT - 2}`,
    },
    served: [
      server(`${tokenizer},tokenizer_backend=huggingface`, { batch_size: 4 }),
      server(`${tokenizer},num_concurrent=4`),
      // Texts, of which a long one's windows would begin within words.
      server(`${tokenizer},tokenizer_backend=huggingface,tokenized_requests=False`, {
        tasks: ["proximal_choice", "proximal_generate"],
      }),
      server("tokenizer_backend=None,eos_string=</s>", { tasks: ["proximal_generate"] }),
    ],
  };
}

/** A conversation for every prompt, on both sides. */
function chatRuns(
  name: string,
  { folder, url }: { folder: string; url: string },
): { base: Run; served: Run[] } {
  const { base } = runsOf(name, { folder, url });
  const chat = { tasks: ["proximal_generate"] as TaskName[], chat: true, batch_size: 1 };
  return {
    base: { ...base, ...chat, name: "transformers, as a chat" },
    served: [{
      ...chat,
      name: "local-chat-completions",
      model: "local-chat-completions",
      arguments: `model=${name},base_url=${url}/v1/chat/completions,eos_string=</s>`,
    }],
  };
}

/** The same with so many ways on the server. */
function first({ base, served }: { base: Run; served: Run[] }, count: number): { base: Run; served: Run[] } {
  return { base, served: served.slice(0, count) };
}

/** Where two answers differ, in words. */
export function differences(run: Pick<Run, "name" | "tasks">, expected: Answer, got: Answer): string[] {
  const faults: string[] = [];
  const compare = (path: string, a: unknown, b: unknown): void => {
    if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
      return a.forEach((one, at) => compare(`${path}[${at}]`, one, b[at]));
    }
    if (typeof a === "number" && typeof b === "number") {
      if (Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a))) return;
    } else if (a === b) return;
    faults.push(`${run.name}: ${path}: Expected ${JSON.stringify(a)}, got ${JSON.stringify(b)}`);
  };
  for (const task of run.tasks) {
    compare(task, expected.samples[task], got.samples[task]);
    for (const [metric, value] of Object.entries(expected.metrics[task]!)) {
      compare(`${task} ${metric}`, value, got.metrics[task]![metric]);
    }
  }
  return faults;
}

/** Trains for a moment, and downloads the policy as transformers loads it. */
async function checkpointOf(url: string, folder: string): Promise<string> {
  const call = async (path: string, body?: unknown) => {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const headers = { "content-type": "application/json" };
    const response = await fetch(url + path, { ...init, headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  let job = await (await call("/v1/training-jobs", {
    ...{ kind: "sft", model: "tiny", sft: { learning_rate: 0.01, batch_size: 2 }, epochs: 4 },
    examples: [{ prompt: "POST: a\nTL;DR:", completion: " My neighbor is loud." }, {
      prompt: "POST: b\nTL;DR:",
      completion: " I miss my bread.",
    }],
  })).json();
  while (job.finished_at === null) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    job = await (await call(`/v1/training-jobs/${job.id}`)).json();
  }
  if (job.status !== "succeeded") throw new Error(JSON.stringify(job.error));
  const { files } = await (await call(`/v1/checkpoints/${job.checkpoint}/exports/merged`)).json();
  for (const { name } of files as { name: string }[]) {
    const { body } = await call(`/v1/checkpoints/${job.checkpoint}/files/${name}`);
    await Deno.writeFile(join(folder, name.replace(/^merged\//, "")), body!);
  }
  return fineTunedName({ model: "tiny", suffix: null }, job.checkpoint);
}

/**
 * Evaluates on both and compares.
 *
 * @param log told of each run
 * @returns every difference above the tolerance, and how many numbers and texts were compared
 */
export async function compareWithHarness(
  python: string,
  log: (line: string) => void,
): Promise<{ faults: string[]; compared: number }> {
  const scratch = await Deno.makeTempDir({ prefix: "proximal-lm-eval-" });
  const server = await startServer();
  try {
    const [tasks, merged] = [join(scratch, "tasks"), join(scratch, "merged")];
    for (const folder of [tasks, merged]) await Deno.mkdir(folder);
    await writeTasks(tasks);
    const { url } = server;
    const tuned = await checkpointOf(url, merged);
    const groups = [
      runsOf("tiny", { folder: TINY, url }),
      chatRuns("tiny", { folder: TINY, url }),
      first(runsOf(tuned, { folder: merged, url }), 1),
    ];
    const output = join(scratch, "answers.json");
    const runs = groups.flatMap(({ base, served }) => [base, ...served]);
    const child = new Deno.Command(python, {
      args: [fileURLToPath(new URL("./lm_eval/evaluate.py", import.meta.url))],
      env: {
        HF_HUB_OFFLINE: "1",
        HF_DATASETS_OFFLINE: "1",
        HF_HOME: scratch,
        TOKENIZERS_PARALLELISM: "false",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(JSON.stringify({ tasks, runs, output })));
    await writer.close();
    const { success, stderr } = await child.output();
    if (!success) throw new Error(`The harness failed:\n${new TextDecoder().decode(stderr).slice(-4000)}`);
    const answers: Answer[] = JSON.parse(await Deno.readTextFile(output));
    const faults: string[] = [];
    let at = 0, compared = 0;
    for (const { served } of groups) {
      const expected = answers[at++]!;
      for (const run of served) {
        const own = differences(run, expected, answers[at++]!);
        faults.push(...own);
        compared += run.tasks.reduce((sum, task) => sum + expected.samples[task]!.flat(9).length, 0);
        log(`${own.length === 0 ? "equal" : "DIFFERENT"}: ${run.arguments.split(",")[0]}, ${run.name}`);
      }
    }
    return { faults, compared };
  } finally {
    await server.stop();
    await Deno.remove(scratch, { recursive: true });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { python: { type: "string", default: "python3" } } });
  const isThere = await new Deno.Command(values.python, { args: HARNESS, stdout: "null", stderr: "null" })
    .output().then(({ success }) => success, () => false);
  if (!isThere) {
    console.log(
      `Skipped: ${values.python} has no lm-evaluation-harness with torch, transformers and accelerate`,
    );
    Deno.exit(0);
  }
  const { faults, compared } = await compareWithHarness(values.python, console.log);
  for (const fault of faults) console.error(fault);
  console.log(
    `${compared} log-likelihoods and texts compared, ${faults.length} differ by more than ${TOLERANCE}`,
  );
  Deno.exit(faults.length === 0 ? 0 : 1);
}
