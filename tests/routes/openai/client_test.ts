/** OpenAI's own client against a real server with the embedded model. */
import assert from "node:assert/strict";
import OpenAI from "openai";
import { type RunningServer, startServer } from "../../../tasks/start_server.ts";

const KEY = "a-key-of-sixteen-characters";
const PROMPT = "POST: My neighbor practices the drums every night.\nTL;DR:";
const OTHER = "POST: My sister keeps forgetting to give my bike back.\nTL;DR:";

type Chunk = OpenAI.Completion;

async function all(stream: AsyncIterable<Chunk>): Promise<Chunk[]> {
  return await Array.fromAsync(stream);
}

/** The texts that chunks make, by choice. */
function texts(chunks: readonly Chunk[]): string[] {
  const made: string[] = [];
  for (const { text, index } of chunks.flatMap(({ choices }) => choices)) {
    made[index] = (made[index] ?? "") + text;
  }
  return made;
}

async function post<T>(server: RunningServer, path: string, body: unknown): Promise<T> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${KEY}` };
  const response = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  assert.ok(response.ok, `${response.status}`);
  return await response.json();
}

Deno.test("OpenAI's client", async (t) => {
  const server = await startServer({ API_KEYS: KEY });
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: KEY, maxRetries: 0 });
  try {
    await t.step("completes a prompt as a generation does", async () => {
      const asked = Date.now() / 1000;
      const answer = await client.completions.create({
        model: "tiny",
        prompt: PROMPT,
        max_tokens: 24,
        seed: 5,
      });
      assert.match(answer.id, /^cmpl-[0-9a-z]{26}$/);
      assert.ok(answer.created >= Math.floor(asked) && answer.created <= Date.now() / 1000);
      const same = await post<
        { data: { text: string; finish_reason: string }[]; usage: Record<string, number> }
      >(
        server,
        "/v1/generations",
        { model: "tiny", prompts: [PROMPT], max_new_tokens: 24, seed: 5 },
      );
      const [{ text, finish_reason }] = same.data as [typeof same.data[0]];
      assert.ok(text.length > 10);
      const { prompt_tokens, completion_tokens } = same.usage as {
        prompt_tokens: number;
        completion_tokens: number;
      };
      assert.deepEqual(answer, {
        ...{ id: answer.id, object: "text_completion", created: answer.created, model: "tiny" },
        choices: [{ text, index: 0, logprobs: null, finish_reason }],
        usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
      });
    });

    await t.step("gets n choices of each prompt in order, stop strings and logprobs", async () => {
      const request = {
        ...{ model: "tiny", prompt: [PROMPT, OTHER], n: 2, max_tokens: 24, seed: 1 },
        ...{ stop: [" the", "."], temperature: 0.9, logprobs: 0 },
      };
      const { choices, usage } = await client.completions.create(request);
      assert.deepEqual(choices.map(({ index }) => index), [0, 1, 2, 3]);
      assert.ok(choices.every(({ text }) => !text.includes(" the") && !text.includes(".")));
      const sampled = choices.flatMap(({ logprobs }) => logprobs!.token_logprobs!);
      assert.equal(sampled.length, usage!.completion_tokens);
      assert.ok(sampled.every((logprob) => logprob <= 0));
      for (const { text, logprobs } of choices) {
        const { tokens, text_offset, top_logprobs } = logprobs!;
        assert.equal(top_logprobs, null);
        assert.equal(
          tokens!.filter((_, at) => text_offset![at]! < text.length).join("").slice(0, text.length),
          text,
        );
      }
      const greedy = await client.completions.create({ ...request, temperature: 0, logprobs: 1 });
      const [{ logprobs }] = greedy.choices as [OpenAI.CompletionChoice];
      assert.deepEqual(
        logprobs!.top_logprobs,
        logprobs!.tokens!.map((token, at) => ({ [token]: logprobs!.token_logprobs![at]! })),
      );
      assert.equal(greedy.choices[0]!.text, greedy.choices[1]!.text);
    });

    await t.step("takes token ids, and draws a seed of its own when none is given", async () => {
      const ask = async (prompt: number[] | number[][]) =>
        (await client.completions.create({ model: "tiny", prompt, max_tokens: 30 })).choices;
      const [first] = await ask([85, 715]) as [OpenAI.CompletionChoice];
      const many = await ask(Array(5).fill([85, 715]));
      assert.ok(new Set([first, ...many].map(({ text }) => text)).size > 2);
    });

    await t.step("streams what it would have got whole", async () => {
      const request = { model: "tiny", prompt: [PROMPT, OTHER], n: 2, max_tokens: 24, seed: 1, stop: " the" };
      const whole = await client.completions.create(request);
      const chunks = await all(await client.completions.create({ ...request, stream: true }));
      assert.deepEqual(texts(chunks), whole.choices.map(({ text }) => text));
      const ends = chunks.flatMap(({ choices }) => choices).filter(({ finish_reason }) =>
        finish_reason !== null
      );
      assert.deepEqual(
        ends.sort((a, b) => a.index - b.index).map(({ finish_reason }) => finish_reason),
        whole.choices.map(({ finish_reason }) => finish_reason),
      );
      assert.equal(new Set(chunks.map(({ id }) => id)).size, 1);
      assert.ok(chunks.length > 4);
      assert.ok(chunks.every((chunk) => chunk.object === "text_completion" && !("usage" in chunk)));
      const stream_options = { include_usage: true };
      const counted = await all(
        await client.completions.create({ ...request, stream: true, stream_options }),
      );
      const last = counted.pop()!;
      assert.deepEqual([last.choices, last.usage], [[], whole.usage]);
      assert.ok(counted.every(({ usage }) => usage === null));
    });

    await t.step("leaves a stream, and the engine is free at once", async () => {
      const endless = {
        model: "tiny",
        prompt: Array(256).fill(PROMPT),
        n: 64,
        max_tokens: 400,
        stream: true,
      } as const;
      for (const leave of ["break", "abort"]) {
        const stream = await client.completions.create(endless);
        for await (const chunk of stream) {
          assert.equal(chunk.choices.length, 1);
          if (leave === "break") break;
          stream.controller.abort();
        }
      }
      // All of it would take minutes on an idle machine, and more than the client waits on a busy one.
      await client.completions.create({ model: "tiny", prompt: PROMPT, max_tokens: 4 }, { timeout: 90_000 });
    });

    await t.step("raises its own errors", async () => {
      const ask = (more: object, by = client) =>
        by.completions.create({ model: "tiny", prompt: PROMPT, max_tokens: 4, ...more } as never);
      await assert.rejects(ask({ model: "huge" }), (error: InstanceType<typeof OpenAI.NotFoundError>) => {
        assert.ok(error instanceof OpenAI.NotFoundError);
        assert.deepEqual([error.code, error.param, error.type], [
          "model_not_found",
          "model",
          "invalid_request_error",
        ]);
        assert.match(error.message, /There is no model "huge"/);
        assert.ok(error.requestID);
        return true;
      });
      for (const stream of [false, true]) {
        // The engine finds this one, before the first token.
        await assert.rejects(
          ask({ max_tokens: 600, stream }),
          (error: InstanceType<typeof OpenAI.APIError>) => {
            assert.ok(error instanceof OpenAI.BadRequestError);
            assert.deepEqual([error.code, error.param], ["prompt_too_long", "prompt"]);
            assert.match(error.message, /^400 prompt: Expected .* context of 512, got 20 and 600/);
            return true;
          },
        );
        await assert.rejects(ask({ prompt: ["a", [5]], stream }), OpenAI.BadRequestError);
      }
      await assert.rejects(ask({ prompt: [[5], [99_999]] }), { code: "invalid_token_id", param: "prompt.1" });
      await assert.rejects(ask({ best_of: 2 }), { status: 400, param: "best_of" });
      await assert.rejects(ask({ top_k: 5 }), { status: 400, param: "top_k" });
      const stranger = client.withOptions({ apiKey: "another-key-of-characters" });
      await assert.rejects(ask({}, stranger), (error: InstanceType<typeof OpenAI.APIError>) => {
        assert.ok(error instanceof OpenAI.AuthenticationError);
        assert.equal(error.code, "invalid_api_key");
        return true;
      });
    });

    await t.step("echoes prompts with the log-probabilities of their tokens", async () => {
      const request = { model: "tiny", prompt: [PROMPT, OTHER], echo: true, logprobs: 2, temperature: 0 };
      const { choices } = await client.completions.create({ ...request, max_tokens: 1 });
      for (const [at, { text, logprobs }] of choices.entries()) {
        assert.ok(text.startsWith([PROMPT, OTHER][at]!));
        const { tokens, token_logprobs, top_logprobs, text_offset } = logprobs!;
        assert.equal(tokens!.join(""), text);
        assert.ok(tokens!.every((token, at) => text.slice(text_offset![at]!).startsWith(token)));
        assert.deepEqual([token_logprobs![0], top_logprobs![0]], [null, null]);
        for (const [place, top] of top_logprobs!.entries()) {
          if (place === 0) continue;
          const best = Math.max(...Object.values(top));
          assert.ok(token_logprobs![place]! <= best);
          assert.equal(top[tokens![place]!], token_logprobs![place]);
          assert.ok([2, 3].includes(Object.keys(top).length));
        }
      }
      const stream = await all(await client.completions.create({ ...request, max_tokens: 6, stream: true }));
      const { choices: whole } = await client.completions.create({ ...request, max_tokens: 6 });
      assert.deepEqual(texts(stream), whole.map(({ text }) => text));
      const offsets = (chunks: typeof stream) =>
        chunks.flatMap(({ choices }) => choices).filter(({ index }) => index === 1)
          .flatMap(({ logprobs }) => logprobs!.text_offset!);
      assert.deepEqual(offsets(stream), whole[1]!.logprobs!.text_offset);
      const none = await client.completions.create({ ...request, max_tokens: 0 });
      assert.deepEqual(none.choices.map(({ text }) => text), [PROMPT, OTHER]);
      assert.equal(none.usage!.completion_tokens, 0);
    });

    await t.step("chats as a generation of the same messages does", async () => {
      const messages = [{ role: "user" as const, content: "The bakery stopped making the bread I like." }];
      const request = { model: "tiny", messages, n: 2, seed: 3, max_tokens: 30, logprobs: true };
      const answer = await client.chat.completions.create(request);
      assert.match(answer.id, /^chatcmpl-[0-9a-z]{26}$/);
      assert.deepEqual([answer.object, answer.model], ["chat.completion", "tiny"]);
      const same = await post<{ data: { text: string; finish_reason: string }[] }>(
        server,
        "/v1/generations",
        {
          ...{ model: "tiny", prompts: [{ messages }], n: 2, seed: 3, max_new_tokens: 30 },
        },
      );
      for (const [index, choice] of answer.choices.entries()) {
        const { text, finish_reason } = same.data[index]!;
        assert.deepEqual(
          { ...choice, logprobs: null },
          {
            index,
            message: { role: "assistant", content: text, refusal: null },
            logprobs: null,
            finish_reason,
          },
        );
        const tokens = choice.logprobs!.content!;
        assert.equal(tokens.map(({ token }) => token).join(""), text);
        const bytes = Uint8Array.from(tokens.flatMap(({ bytes }) => bytes!));
        assert.equal(new TextDecoder().decode(bytes), text);
        assert.ok(tokens.every(({ logprob, top_logprobs }) => logprob <= 0 && top_logprobs.length === 0));
      }
      const { usage } = answer;
      assert.equal(usage!.total_tokens, usage!.prompt_tokens + usage!.completion_tokens);
      // The prompt is run once for both.
      assert.equal((usage as { prefill_tokens_saved?: number }).prefill_tokens_saved, usage!.prompt_tokens);

      const stream_options = { include_usage: true };
      const chunks = await Array.fromAsync(
        await client.chat.completions.create({ ...request, stream: true, stream_options }),
      );
      assert.deepEqual([chunks.at(-1)!.choices, chunks.at(-1)!.usage], [[], usage]);
      for (const index of [0, 1]) {
        const own = chunks.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
        assert.equal(own[0]!.delta.role, "assistant");
        assert.equal(
          own.map(({ delta }) => delta.content ?? "").join(""),
          answer.choices[index]!.message.content,
        );
        assert.deepEqual(
          own.flatMap(({ logprobs }) => logprobs?.content ?? []),
          answer.choices[index]!.logprobs!.content,
        );
        assert.deepEqual(own.at(-1)!.delta, {});
        assert.equal(own.at(-1)!.finish_reason, answer.choices[index]!.finish_reason);
        assert.ok(own.slice(0, -1).every(({ finish_reason }) => finish_reason === null));
      }
    });

    await t.step("accumulates a chat's stream with its own helper", async () => {
      const messages = [{ role: "user" as const, content: "Hello" }];
      const stream = client.chat.completions.stream({ model: "tiny", messages, seed: 1, max_tokens: 20 });
      const { choices: [choice] } = await stream.finalChatCompletion();
      const whole = await client.chat.completions.create({
        model: "tiny",
        messages,
        seed: 1,
        max_tokens: 20,
      });
      assert.equal(choice!.message.content, whole.choices[0]!.message.content);
    });

    await t.step("lists models and shows one", async () => {
      const listed = await Array.fromAsync(client.models.list());
      assert.ok(listed.some(({ id }) => id === "tiny"));
      assert.equal((await client.models.retrieve("tiny")).id, "tiny");
    });

    await t.step("completes with a checkpoint", async () => {
      const job = await post<{ id: string }>(server, "/v1/training-jobs", {
        ...{ kind: "ppo", model: "tiny", prompts: [PROMPT, OTHER], reward: { type: "length", target: 3 } },
        ppo: { batch_size: 2, max_new_tokens: 4, learning_rate: 0.05 },
      });
      let checkpoint: string | null = null;
      while (checkpoint === null) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const shown = await fetch(`${server.url}/v1/training-jobs/${job.id}`, {
          headers: { authorization: `Bearer ${KEY}` },
        });
        const { status, checkpoint: id, error } = await shown.json();
        assert.ok(!["failed", "cancelled"].includes(status), JSON.stringify(error));
        if (status === "succeeded") checkpoint = id;
      }
      const ask = (model: string) =>
        client.completions.create({ model, prompt: PROMPT, max_tokens: 8, seed: 2, logprobs: 0 });
      const [base, tuned] = [await ask("tiny"), await ask(checkpoint)];
      assert.equal(tuned.model, checkpoint);
      const logprobs = ({ choices }: Chunk) => choices[0]!.logprobs!.token_logprobs;
      assert.notDeepEqual(logprobs(tuned), logprobs(base));
    });
  } finally {
    await server.stop();
  }
});
