"""What a program does with OpenAI's Python client for texts and models, whichever version it is."""
import asyncio
import os

import openai

tuned = os.environ["TUNED"]
client = openai.OpenAI()
messages = [{"role": "user", "content": "The bakery stopped making the bread I like."}]
chat = {"model": "tiny", "messages": messages, "max_tokens": 20, "seed": 1}

whole = client.chat.completions.create(**chat, n=2, logprobs=True)
assert len(whole.choices) == 2
for choice in whole.choices:
    assert "".join(token.token for token in choice.logprobs.content) == choice.message.content
    assert b"".join(bytes(token.bytes) for token in choice.logprobs.content).decode() == choice.message.content
pieces, usage = ["", ""], None
for chunk in client.chat.completions.create(**chat, n=2, stream=True, stream_options={"include_usage": True}):
    usage = chunk.usage or usage
    for choice in chunk.choices:
        pieces[choice.index] += choice.delta.content or ""
assert pieces == [choice.message.content for choice in whole.choices], pieces
assert usage == whole.usage
assert client.chat.completions.create(**{**chat, "model": tuned}).choices[0].message.content


async def at_once():
    other = openai.AsyncOpenAI()
    answers = await asyncio.gather(*(other.chat.completions.create(**{**chat, "seed": seed}) for seed in (1, 1, 2)))
    return [answer.choices[0].message.content for answer in answers]


assert asyncio.run(at_once())[:2] == [pieces[0]] * 2

prompt = "POST: a\nTL;DR:"
completion = {"model": "tiny", "prompt": prompt, "echo": True, "logprobs": 3, "temperature": 0}
echoed = client.completions.create(**completion, max_tokens=0).choices[0]
assert (echoed.text, "".join(echoed.logprobs.tokens)) == (prompt, prompt)
text = "".join(chunk.choices[0].text for chunk in client.completions.create(**completion, max_tokens=6, stream=True))
assert text == client.completions.create(**completion, max_tokens=6).choices[0].text

models = [model.id for model in client.models.list()]
assert "tiny" in models and tuned in models
assert client.models.retrieve(tuned).owned_by == "proximal"


def fails(work, kind, param, words):
    try:
        work()
    except kind as error:
        assert error.param == param, error
        assert words in error.message, error
        assert error.request_id
    else:
        raise AssertionError(f"{words}: nothing was raised")


def ask(**more):
    return lambda: client.chat.completions.create(**{**chat, **more})


fails(ask(top_logprobs=2), openai.BadRequestError, "top_logprobs", "not supported")
fails(ask(logit_bias={"5": 1}), openai.BadRequestError, "logit_bias", "not supported")
fails(ask(max_tokens=600), openai.BadRequestError, "messages", "512")
fails(ask(model="gpt-4o-mini"), openai.NotFoundError, "model", "tiny")
fails(lambda: client.models.delete("tiny"), openai.ConflictError, None, "only the server's owner")
fails(lambda: client.embeddings.create(model="tiny", input="a"), openai.NotFoundError, None, "not supported")
fails(lambda: client.responses.create(model="tiny", input="a"), openai.NotFoundError, None, "chat/completions")

deleted = client.models.delete(tuned)
assert (deleted.id, deleted.object, deleted.deleted) == (tuned, "model", True)
fails(ask(model=tuned), openai.NotFoundError, "model", "no fine-tuned model")
print(openai.__version__)
