/** What a program does with OpenAI's client for texts and models, whichever version it is: `client_versions_test.ts`. */
import assert from "node:assert/strict";
// Of the newest; an older one is called by what they have in common.
import type OpenAI from "openai";

const MESSAGES = [{ role: "user" as const, content: "The bakery stopped making the bread I like." }];

/**
 * @param requests paths of all requests that the client has sent, in order
 * @param tuned name of a fine-tuned model, which is deleted
 */
export async function scenario(
  client: OpenAI,
  { tuned, requests }: { tuned: string; requests: string[] },
): Promise<void> {
  const chat = { model: "tiny", messages: MESSAGES, max_tokens: 20, seed: 1 };
  const whole = await client.chat.completions.create({ ...chat, n: 2, logprobs: true });
  assert.equal(whole.choices.length, 2);
  for (const { message, logprobs } of whole.choices) {
    assert.equal(logprobs!.content!.map(({ token }) => token).join(""), message.content);
  }
  const stream_options = { include_usage: true };
  const pieces: string[] = ["", ""];
  let usage;
  for await (
    const chunk of await client.chat.completions.create({ ...chat, n: 2, stream: true, stream_options })
  ) {
    for (const { index, delta } of chunk.choices) pieces[index] += delta.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.deepEqual(pieces, whole.choices.map(({ message }) => message.content));
  assert.deepEqual(usage, whole.usage);
  const final = await client.chat.completions.stream(chat).finalContent();
  assert.equal(final, pieces[0]);
  assert.ok((await client.chat.completions.create({ ...chat, model: tuned })).choices[0]!.message.content);

  const completion = { model: "tiny", prompt: "POST: a\nTL;DR:", echo: true, logprobs: 3, temperature: 0 };
  const { choices: [echoed] } = await client.completions.create({ ...completion, max_tokens: 0 });
  assert.equal(echoed!.text, completion.prompt);
  assert.equal(echoed!.logprobs!.tokens!.join(""), completion.prompt);

  const models = (await Array.fromAsync(client.models.list())).map(({ id }) => id);
  assert.ok(models.includes("tiny") && models.includes(tuned));
  const shown = await client.models.retrieve(tuned);
  assert.deepEqual([shown.id, shown.object, shown.owned_by], [tuned, "model", "proximal"]);

  // Each wrong request is sent once, and the message says what is wrong with it.
  const fails = async (
    work: () => PromiseLike<unknown>,
    expected: Record<string, unknown>,
    message: RegExp,
  ) => {
    const before = requests.length;
    await assert.rejects(Promise.resolve(work()), (error: Record<string, unknown> & { message: string }) => {
      for (const [key, value] of Object.entries(expected)) assert.equal(error[key], value, error.message);
      assert.match(error.message, message);
      return true;
    });
    assert.equal(requests.length, before + 1, "it was asked again");
  };
  const ask = (more: object) => () => client.chat.completions.create({ ...chat, ...more } as typeof chat);
  await fails(ask({ top_logprobs: 2 }), { status: 400, param: "top_logprobs" }, /not supported/);
  await fails(ask({ tools: [{ type: "function" }] }), { status: 400, param: "tools" }, /not supported/);
  await fails(ask({ max_tokens: 600 }), { status: 400, param: "messages", code: "prompt_too_long" }, /512/);
  await fails(
    ask({ model: "gpt-4o-mini" }),
    { status: 404, param: "model", code: "model_not_found" },
    /tiny/,
  );
  await fails(() => client.models.delete("tiny"), { status: 409 }, /only the server's owner/);
  await fails(() => client.models.retrieve("nope"), { status: 404 }, /No model 'nope'/);
  await fails(
    () => client.embeddings.create({ model: "tiny", input: "a" }),
    { status: 404 },
    /Embeddings are not/,
  );
  await fails(
    () => client.responses.create({ model: "tiny", input: "a" }),
    { status: 404 },
    /chat\/completions/,
  );
  await fails(() => client.evals.list(), { status: 404 }, /v1\/evaluations/);
  await fails(() => client.moderations.create({ input: "a" }), { status: 404 }, /not supported/);

  assert.deepEqual(await client.models.delete(tuned), { id: tuned, object: "model", deleted: true });
  await fails(ask({ model: tuned }), { status: 404, code: "model_not_found" }, /no fine-tuned model/);
}
