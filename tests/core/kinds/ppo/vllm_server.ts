/**
 * A server with vLLM's wire forms on loopback whose texts are the fixture's, sampled by the real decoder: OpenAI's completions
 * with `return_token_ids`, and adapters that are loaded and unloaded by name. Its random numbers are those that the job's own
 * engine would draw, found by the seed that each request has.
 */
import { BaseModel } from "../../../../core/weights/base_model.ts";
import { ParameterSet } from "../../../../core/weights/parameter_set.ts";
import { loadAdapter } from "../../../../core/weights/load_adapter.ts";
import { Policy } from "../../../../core/networks/policy.ts";
import { serverSeed } from "../../../../core/kinds/ppo/server_rollouts.ts";
import { uniform } from "../../../../core/rng.ts";
import { loadTokenizer, type TextTokenizer } from "../../../../core/tokenizer/tokenizer.ts";
import { fixtureFolder, runtime } from "../../networks/tiny_models.ts";

export const SERVED_NAME = "fixture-model";

/** Requests as they came, by path below /v1. */
interface Seen {
  path: string;
  body: Record<string, unknown>;
}

interface Completion {
  model: string;
  prompt: number[];
  n: number;
  max_tokens: number;
  temperature: number;
  seed: number;
  stop_token_ids: number[];
}

export class VllmServer implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #policies = new Map<string, Policy>();
  readonly #places: ReadonlyMap<number, readonly [step: number, group: number]>;
  readonly #job: { seed: number };
  readonly #tokenizer: TextTokenizer;
  readonly #base: BaseModel;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    base: BaseModel,
    tokenizer: TextTokenizer,
    job: { seed: number; steps: number; groups: number },
  ) {
    this.#base = base;
    this.#tokenizer = tokenizer;
    this.#job = job;
    this.#places = new Map(
      Array.from({ length: job.steps }, (_, step) =>
        Array.from(
          { length: job.groups },
          (_, group) => [serverSeed(job.seed, step, group), [step, group] as const] as const,
        )).flat(),
    );
    this.#policies.set(
      SERVED_NAME,
      new Policy(base, { type: "none" }, new ParameterSet(runtime, []), { reference: "base", shared: false }),
    );
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
      // One runtime, one run at a time; a job's own runs are between requests.
      const answer = this.#turn.then(() => this.#answer(request));
      this.#turn = answer.catch(() => {});
      return answer;
    });
  }

  static async start(job: { seed: number; steps: number; groups: number }): Promise<VllmServer> {
    const folder = fixtureFolder("qwen3");
    return new VllmServer(await BaseModel.open(runtime, folder), await loadTokenizer(folder), job);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/v1`;
  }

  /** Names of what can be sampled from now. */
  get models(): string[] {
    return [...this.#policies.keys()];
  }

  async #answer(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname.replace("/v1/", "");
    const body = await request.json();
    this.seen.push({ path, body });
    if (path === "load_lora_adapter") return await this.#load(body);
    if (path === "unload_lora_adapter") {
      this.#policies.get(body.lora_name)?.dispose();
      const had = this.#policies.delete(body.lora_name);
      return had ? new Response("Success") : error(404, "cannot be found");
    }
    return path === "completions" ? await this.#complete(body) : error(404, "Not Found");
  }

  async #load({ lora_name, lora_path }: { lora_name: string; lora_path: string }): Promise<Response> {
    if (this.#policies.has(lora_name)) return error(400, `'${lora_name}' has already been loaded`);
    const { tuning, parameters } = await loadAdapter(this.#base, lora_path, { head: false });
    this.#policies.set(
      lora_name,
      new Policy(this.#base, tuning, parameters, { reference: "base", shared: false }),
    );
    return new Response("Success");
  }

  async #complete({ model, prompt, n, max_tokens, temperature, seed, stop_token_ids }: Completion) {
    const policy = this.#policies.get(model);
    if (!policy) return error(404, `The model '${model}' does not exist`);
    const [step, group] = this.#places.get(seed)!;
    const rows = await policy.respond(Array.from({ length: n }, (_, sample) => ({
      prompt_ids: Int32Array.from(prompt),
      ...{ max_new_tokens: max_tokens, temperature, top_k: 0, top_p: 1 },
      uniform: (position: number) => uniform(this.#job.seed, "sample", step, group, position, sample),
      stop_token_ids: new Set(stop_token_ids),
    })));
    return Response.json({
      object: "text_completion",
      model,
      choices: rows.map(({ response_ids, logprobs, finish_reason }, index) => ({
        ...{ index, finish_reason, token_ids: response_ids },
        text: this.#tokenizer.decode(response_ids),
        logprobs: {
          token_logprobs: logprobs,
          tokens: response_ids.map((id) => this.#tokenizer.tokenText(id)),
        },
      })),
      usage: { prompt_tokens: prompt.length },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    for (const policy of this.#policies.values()) policy.dispose();
    this.#base.dispose();
  }
}

function error(status: number, message: string): Response {
  return Response.json({ error: { message, code: status } }, { status });
}
