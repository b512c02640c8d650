"""What transformers says of the embedded model: writes tests/fixtures/tiny/expected.json, which a test holds us to.

    .venv/bin/python bench/peers/tiny_expected.py
"""
import json
import pathlib

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

root = pathlib.Path(__file__).resolve().parents[2]
model = AutoModelForCausalLM.from_pretrained(root / "models/tiny", dtype=torch.float32).eval()
tokenizer = AutoTokenizer.from_pretrained(root / "models/tiny")
texts = [
    ("POST: My roommate keeps eating my food. I feel tired. Please help.\nTL;DR:", " Roommate keeps eating my food. Any advice?"),
    ("POST: My van keeps smelling like old yogurt every week.\nTL;DR:", " My van keeps smelling like old yogurt and I want to sell it."),
]
turns = [
    {"role": "system", "content": "Answer in one short sentence."},
    {"role": "user", "content": "What is the capital of Norway?"},
]
cases = [dict(prompt=prompt, completion=completion) for prompt, completion in texts] + [dict(
    messages=turns,
    prompt=tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True),
    completion="The capital of Norway is Oslo.<|im_end|>",
)]
items = []
for case in cases:
    prompt_ids = tokenizer(case["prompt"], add_special_tokens=False).input_ids
    completion_ids = tokenizer(case["completion"], add_special_tokens=False).input_ids
    ids = prompt_ids + completion_ids + ([] if "messages" in case else [tokenizer.eos_token_id])
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
        greedy = model.generate(torch.tensor([prompt_ids]), max_new_tokens=32, do_sample=False)[0].tolist()
    logprobs = logits[:-1].log_softmax(-1).gather(1, torch.tensor(ids[1:])[:, None]).squeeze(1)
    items.append(dict(
        **case,
        prompt_ids=prompt_ids,
        completion_ids=ids[len(prompt_ids):],
        logprobs=logprobs[len(prompt_ids) - 1:].tolist(),
        last_logits=logits[-1].tolist(),
        greedy_ids=greedy[len(prompt_ids):],
    ))
out = root / "tests/fixtures/tiny/expected.json"
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps(items) + "\n")
print("wrote", out.relative_to(root))
