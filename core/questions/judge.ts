/**
 * The judge that the operator has configured: a service with OpenAI's chat completions, asked for a number by one POST a row
 * through the outbound guard, sent again where that may help. What it says in place of a number is the row's fault.
 */
import { z } from "zod";
import type { TokenUsage } from "../contract/graders/graded.ts";
import type { GraderOf } from "../contract/graders/grader_schema.ts";
import { cutText } from "../cut_text.ts";
import { UserError } from "../errors.ts";
import type { GradedRow } from "../graders/graded_row.ts";
import { clipped, type JudgeMessage, modelInput } from "../graders/model_input.ts";
import { failed, faultOf, type RowGrade } from "../graders/row_grade.ts";
import { guardedPost, type PostResult } from "../outbound/guarded_post.ts";
import type { OutboundGuard } from "../outbound/outbound_guard.ts";
import { asksToWait, retryAfterMs } from "../outbound/retry_after.ts";
import { pause } from "./pause.ts";

export interface JudgeOptions {
  /** Of the API, which has `/chat/completions` below it. */
  base_url: string;
  api_key: string | undefined;
  guard: OutboundGuard;
  first_pause_ms?: number;
}

type Grader = GraderOf<"score_model">;

const TIMEOUT_MS = 120_000;
const MAX_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const MAX_RETRY_AFTER_MS = 60_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_EXCERPT = 200;
/** Rows at a time. */
const CONCURRENCY = 4;

/** Of a judge's answer, what is read. */
const answerSchema = z.object({
  choices: z.array(z.object({
    message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
  })).min(1),
  usage: z.object({
    prompt_tokens: z.int().min(0).catch(0),
    completion_tokens: z.int().min(0).catch(0),
  }).nullish().catch(null),
});

/** What the answer is to be; services that cannot hold a model to it are asked by words alone. */
const RESPONSE_FORMAT = {
  type: "json_schema",
  json_schema: {
    name: "grade",
    strict: true,
    schema: {
      type: "object",
      properties: {
        steps: {
          type: "array",
          items: {
            type: "object",
            properties: { description: { type: "string" }, conclusion: { type: "string" } },
            required: ["description", "conclusion"],
            additionalProperties: false,
          },
        },
        result: { type: "number" },
      },
      required: ["steps", "result"],
      additionalProperties: false,
    },
  },
};

const instruction = ({ range }: Grader) => {
  const [low, high] = range ?? [0, 1];
  return "Answer with one JSON object and nothing else: " +
    `{"steps": [{"description": "…", "conclusion": "…"}], "result": a number from ${low} to ${high}}.`;
};

export class Judge {
  readonly #options: JudgeOptions;
  /** Models that have refused a response_format. */
  readonly #wordsOnly = new Set<string>();

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** Grades of all rows, some of them at a time. @throws the signal's reason once it is aborted */
  async grade(grader: Grader, rows: readonly GradedRow[], signal: AbortSignal): Promise<RowGrade[]> {
    const grades: RowGrade[] = Array(rows.length);
    const fill = modelInput(grader);
    let next = 0;
    const worker = async () => {
      for (let row = next++; row < rows.length; row = next++) {
        const { item, sample } = rows[row]!;
        let messages;
        try {
          messages = fill({ item, sample });
        } catch (thrown) {
          grades[row] = faultOf(rows[row]!, thrown);
          continue;
        }
        grades[row] = await this.#ask(grader, messages, signal);
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, rows.length) }, worker));
    return grades;
  }

  async #ask(grader: Grader, messages: readonly JudgeMessage[], signal: AbortSignal): Promise<RowGrade> {
    const { first_pause_ms = FIRST_PAUSE_MS } = this.#options;
    for (let attempt = 1;; attempt++) {
      const wordsOnly = this.#wordsOnly.has(grader.model);
      const tried = await this.#tryOnce(grader, messages, { wordsOnly }, signal);
      if (!("status" in tried)) return tried;
      if (!wordsOnly && (tried.status === 400 || tried.status === 422)) {
        // Most likely the form of the answer: without it, whatever else is wrong is told the second time.
        this.#wordsOnly.add(grader.model);
        continue;
      }
      if (!tried.again || attempt >= MAX_ATTEMPTS) {
        return failed("model_grader_server_error", this.#masked(tried.message));
      }
      const wait_ms = Math.min(LONGEST_PAUSE_MS, first_pause_ms * 2 ** (attempt - 1));
      await pause(Math.max(wait_ms, Math.min(tried.wait_ms, MAX_RETRY_AFTER_MS)), signal);
    }
  }

  async #tryOnce(
    grader: Grader,
    messages: readonly JudgeMessage[],
    { wordsOnly }: { wordsOnly: boolean },
    signal: AbortSignal,
  ): Promise<RowGrade | Refused> {
    const { base_url, api_key, guard } = this.#options;
    let answer: PostResult;
    try {
      answer = await guardedPost(guard, `${base_url.replace(/\/+$/, "")}/chat/completions`, {
        headers: {
          "user-agent": "Proximal-Graders",
          "accept": "application/json",
          "content-type": "application/json",
          ...(api_key !== undefined && { authorization: `Bearer ${api_key}` }),
        },
        body: JSON.stringify(requestOf(grader, messages, wordsOnly)),
        ...{ timeout_ms: TIMEOUT_MS, max_response_bytes: MAX_ANSWER_BYTES, signal },
      });
    } catch (thrown) {
      signal.throwIfAborted();
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      return { status: 0, message, again: !(thrown instanceof UserError), wait_ms: 0 };
    }
    const { status, headers, body } = answer;
    if (status < 200 || status > 299) {
      const excerpt = cutText(body.replaceAll(/\s+/g, " ").trim(), MAX_EXCERPT);
      return {
        status,
        message: `The judge answered ${status}${excerpt && `: ${excerpt}`}`,
        again: status >= 500 || status === 429 || status === 408,
        wait_ms: asksToWait(status) ? retryAfterMs(headers["retry-after"]) ?? 0 : 0,
      };
    }
    return answer.truncated
      ? failed("model_grader_server_error", "The judge's answer is too long")
      : gradeOf(grader, body);
  }

  #masked(text: string): string {
    const { api_key } = this.#options;
    return cutText(api_key && api_key.length >= 4 ? text.replaceAll(api_key, "…") : text, 500);
  }
}

/** An answer that is no grade. */
interface Refused {
  /** 0 where there was no answer. */
  status: number;
  message: string;
  again: boolean;
  wait_ms: number;
}

function requestOf(grader: Grader, messages: readonly JudgeMessage[], wordsOnly: boolean): unknown {
  const { temperature, top_p, seed, max_completions_tokens, max_completion_tokens, reasoning_effort } =
    grader.sampling_params ?? {};
  const max = max_completions_tokens ?? max_completion_tokens;
  return {
    model: grader.model,
    messages: [{ role: "system", content: instruction(grader) }, ...messages],
    ...(temperature != null && { temperature }),
    ...(top_p != null && { top_p }),
    ...(seed != null && { seed }),
    ...(max != null && { max_completion_tokens: max }),
    ...(reasoning_effort != null && { reasoning_effort }),
    ...(!wordsOnly && { response_format: RESPONSE_FORMAT }),
  };
}

function gradeOf(grader: Grader, body: string): RowGrade {
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    return failed("model_grader_server_error", "The judge's answer is not JSON");
  }
  const { data } = answerSchema.safeParse(given);
  if (!data) return failed("model_grader_server_error", "The judge's answer is no chat completion");
  const { content, refusal } = data.choices[0]!.message;
  const usage = usageOf(data.usage);
  if (refusal) return { ...failed("model_grader_refusal_error", cutText(refusal, 500)), usage };
  const result = numberIn(content ?? "");
  if (result === null) {
    const message = `Expected JSON with a number as result, got '${cutText(content ?? "", 100)}'`;
    return { ...failed("model_grader_parse_error", message), usage };
  }
  return { score: clipped(result, grader), fault: null, usage };
}

function usageOf(usage: { prompt_tokens: number; completion_tokens: number } | null | undefined): TokenUsage {
  const { prompt_tokens = 0, completion_tokens = 0 } = usage ?? {};
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

/** The number that a text gives as `result` of its JSON object, around which models like to write; or that it is. */
function numberIn(text: string): number | null {
  const begin = text.indexOf("{"), end = text.lastIndexOf("}");
  for (const candidate of [text, begin >= 0 ? text.slice(begin, end + 1) : ""]) {
    try {
      const value: unknown = JSON.parse(candidate);
      const result: unknown = typeof value === "object" && value !== null ? Object(value).result : value;
      if (typeof result === "number" && Number.isFinite(result)) return result;
    } catch {
      // Perhaps there is JSON inside.
    }
  }
  return null;
}
