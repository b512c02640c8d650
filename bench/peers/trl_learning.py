"""How fast TRL's PPOTrainer learns a task of `deno task bench --learning`, on the CPU.
usage: trl_learning.py SPEC SEED [THREADS]   (SPEC: the task's file, which learning_run.ts reads too)
Prints one JSON line: mean score and KL of every step. Policy: LoRA as the job has it; value model: all weights, from the
same start, its score at zero; everything the job does not say is TRL's default."""
import json, os, re, sys, time, warnings

warnings.filterwarnings("ignore")
os.environ["TOKENIZERS_PARALLELISM"] = "false"
spec_file, seed, threads = sys.argv[1], int(sys.argv[2]), int((sys.argv + ["1"])[3])
spec = json.load(open(spec_file))
job, ppo = spec["job"], spec["job"]["ppo"]

import torch

torch.set_num_threads(threads)
from datasets import Dataset
from peft import LoraConfig
from tokenizers import Tokenizer, models
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedTokenizerFast,
    set_seed,
)
from trl.experimental.ppo import PPOConfig, PPOTrainer, ppo_trainer

set_seed(seed)


def without_texts():
    words = Tokenizer(models.WordLevel({"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3}, unk_token="<unk>"))
    return PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", bos_token="<s>", eos_token="</s>", padding_side="left"
    )


tokenizer = (
    AutoTokenizer.from_pretrained(spec["model"], padding_side="left") if spec["wanted"] is None else without_texts()
)
EOS, PAD = tokenizer.eos_token_id, tokenizer.pad_token_id
assert EOS == spec["eos_token_id"] != PAD, "TRL takes the padding's id for the end of a text"


def length(reward, text):
    words = len(text.split())
    low, high = reward.get("min", 0), reward.get("max", words)
    bound = min(max(words, low), high)
    return 1 - reward["penalty"] * abs(words - bound) / bound if words != bound else 1.0


RULES = {
    "length": length,
    "regex": lambda reward, text: float(re.search(reward["pattern"], text) is not None),
    "keywords": lambda reward, text: reward["bonus"]
    * sum(word.lower() in text.lower() for word in reward["keywords"]),
    "sum": lambda reward, text: sum(term["weight"] * rule(term["reward"], text) for term in reward["terms"]),
}


def rule(reward, text):
    return RULES[reward["type"]](reward, text)


def score_of(row):
    """A response's score by the job's rule; what follows its end does not count."""
    ids = row.tolist()
    ends = [at for at, id in enumerate(ids) if id in (EOS, PAD)]
    text = ids[: ends[0]] if ends else ids
    if spec["wanted"] is None:
        return rule(job["reward"], tokenizer.decode(text))
    response = ids[: ends[0] + 1] if ends else ids
    return sum(id < spec["wanted"] for id in response) / len(response)


def classifier(folder):
    return AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32, num_labels=1)


policy = AutoModelForCausalLM.from_pretrained(spec["model"], dtype=torch.float32)
value = classifier(spec["model"])
value.score.weight.data.zero_()
by_model = spec["reward_model"] is not None
reward = classifier(spec["reward_model"] if by_model else spec["model"])

asked = ppo_trainer.get_reward


def get_reward(model, texts, pad, context):
    if model is reward and not by_model:
        scores = [score_of(row[context:]) for row in texts]
        return None, torch.tensor(scores, dtype=torch.float32), None
    return asked(model, texts, pad, context)


ppo_trainer.get_reward = get_reward

rows, lora = ppo["batch_size"], job["trainable"]
trainer = PPOTrainer(
    PPOConfig(
        output_dir="trl_out",
        seed=seed,
        per_device_train_batch_size=rows,
        local_rollout_forward_batch_size=rows,
        gradient_accumulation_steps=1,
        num_mini_batches=ppo["num_mini_batches"],
        num_ppo_epochs=ppo["num_ppo_epochs"],
        total_episodes=len(spec["prompt_ids"]) * job["epochs"],
        response_length=ppo["max_new_tokens"],
        temperature=ppo["temperature"],
        learning_rate=ppo["learning_rate"],
        kl_coef=ppo["kl_coef"],
        gamma=ppo["gamma"],
        lam=ppo["lam"],
        missing_eos_penalty=ppo["missing_eos_penalty"] or None,
        stop_token="eos",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        num_sample_generations=0,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    ),
    tokenizer,
    policy,
    None,
    reward,
    Dataset.from_list([{"input_ids": ids} for ids in spec["prompt_ids"]]),
    value_model=value,
    eval_dataset=Dataset.from_list([{"input_ids": spec["prompt_ids"][0]}]),
    peft_config=LoraConfig(
        r=lora["r"], lora_alpha=lora["alpha"], lora_dropout=0.0, task_type="CAUSAL_LM", target_modules="all-linear"
    ),
)
scores, kl = [], []


def log(metrics, *_args, **_named):
    scores.append(round(metrics["objective/scores"], 4))
    kl.append(round(metrics["objective/kl"], 4))


trainer.log = log
started = time.time()
trainer.train()
seconds = round(time.time() - started)
print(json.dumps(dict(system="trl", task=spec["task"], seed=seed, scores=scores, kl=kl, seconds=seconds)))
