/**
 * Tokens a second by the number of rows that are decoded together, and how soon rows of one prompt begin: `serving.ts 135m
 * --table 1,8,32 [--python PATH]` prints JSON lines, ours in float32 (a server's bare model, and a job's LoRA) and in 8 bits, beside
 * llama.cpp's server where that Python has it (bench/peers/llama_cpp.py). Tokens after each row's first are counted.
 */
import { fileURLToPath } from "node:url";
import { BatchDecoder } from "../core/decode/batch_decoder.ts";
import { Decoder } from "../core/decode/decoder.ts";
import type { SampledSequence } from "../core/decode/sampled_sequence.ts";
import type { SamplingRequest } from "../core/decode/sampling_request.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { uniform } from "../core/rng.ts";
import { SessionCache } from "../core/run/session_cache.ts";
import { BaseModel } from "../core/weights/base_model.ts";
import { heldBy, initialParameters, tuningOf } from "../core/weights/parameter_layout.ts";
import { type WorkloadName, WORKLOADS } from "./workloads.ts";

const ROUNDS = 4;
/** Of the prompt that several rows have. */
const SHARED = { rows: 8, tokens: 512 };

type Decode = (requests: readonly SamplingRequest[]) => Promise<SampledSequence[]>;

export async function servingTable(
  folder: string,
  { size, threads, python, rows }: {
    size: WorkloadName;
    threads: number;
    python?: string;
    rows: readonly number[];
  },
): Promise<void> {
  const { config, P, R } = WORKLOADS[size];
  const print = (line: Record<string, unknown>) => console.log(JSON.stringify(line));
  const requests = (count: number, tokens: number, prompt: (row: number) => number) =>
    Array.from({ length: count }, (_, row): SamplingRequest => ({
      prompt_ids: Array.from(
        { length: tokens },
        (_, s) => 4 + Math.floor(uniform(1, "data", 0, prompt(row), s) * (config.vocab_size - 4)),
      ),
      ...{ max_new_tokens: R, temperature: 1, top_k: 0, top_p: 1, stop_token_ids: new Set<number>() },
      uniform: (position) => uniform(2, "sample", 0, row, position),
    }));

  const runtime = Runtime.open({ threads });
  for (const precision of ["float32", "int8"] as const) {
    const base = await BaseModel.open(runtime, folder, { precision });
    const lora = heldBy(
      base,
      tuningOf(base.config, { type: "lora", r: 16, alpha: 32, target_modules: "all-linear" }),
    );
    const adapter = await initialParameters(base, lora, { head: false, seed: 0, role: "policy" });
    const batches = new BatchDecoder(base);
    const rollouts = new Decoder(new SessionCache(base), lora);
    const ways: Record<string, Decode> = {
      "bare model": (asked) => batches.decode(asked, null),
      "LoRA": (asked) => rollouts.decode(asked, adapter),
    };
    for (const [name, decode] of Object.entries(ways)) {
      for (const count of rows) {
        const rates: number[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          const { firsts, end } = await timed(decode, requests(count, P, (row) => row));
          rates.push(count * (R - 1) / (end - Math.max(...firsts)) * 1000);
        }
        print({ system: `ours ${precision}, ${name}`, rows: count, tok_s: round(Math.max(...rates)) });
      }
    }
    // All rows of one prompt have their first token when it has been run once.
    const first = async (count: number) => {
      const asked = requests(count, SHARED.tokens, () => 0).map((one) => ({ ...one, max_new_tokens: 2 }));
      const { begin, firsts } = await timed(ways["bare model"]!, asked);
      return Math.max(...firsts) - begin;
    };
    const [one, all]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      one.push(await first(1));
      all.push(await first(SHARED.rows));
    }
    print({
      ...{ system: `ours ${precision}`, prompt_tokens: SHARED.tokens },
      first_token_ms_of_one: round(Math.min(...one)),
      [`first_token_ms_of_all_${SHARED.rows}`]: round(Math.min(...all)),
      ratio: Number((Math.min(...all) / Math.min(...one)).toFixed(2)),
    });
    batches.dispose();
    base.dispose();
  }
  if (python === undefined) return print({ skipped: "llama.cpp server", reason: "no --python was given" });
  const script = fileURLToPath(new URL("peers/llama_cpp.py", import.meta.url));
  const args = [script, size, `${threads}`, ...rows.map(String)];
  const { code } = await new Deno.Command(python, { args, stdout: "inherit", stderr: "null" }).output();
  if (code !== 0) print({ skipped: "llama.cpp server", reason: `it stopped with exit code ${code}` });
}

const round = (value: number) => Number(value.toFixed(1));

/** When `requests` were asked, when each row's first token was there, and when the last of all. */
async function timed(
  decode: Decode,
  requests: readonly SamplingRequest[],
): Promise<{ begin: number; firsts: number[]; end: number }> {
  const firsts: number[] = [];
  const begin = performance.now();
  await decode(
    requests.map((one, row) => ({ ...one, onToken: () => void (firsts[row] ??= performance.now()) })),
  );
  return { begin, firsts, end: performance.now() };
}
