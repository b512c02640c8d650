"""Evaluates models with EleutherAI's lm-evaluation-harness: reads a plan as JSON on stdin, writes what came out as JSON.

A plan has `tasks`, a folder of task files, and `runs`: a model of the harness by name, its arguments, which tasks, and
whether they are asked as conversations. For every run the answer has each document's raw responses and the metrics.
"""
import json
import sys

import lm_eval
from lm_eval.tasks import TaskManager

plan = json.load(sys.stdin)
manager = TaskManager(include_path=plan["tasks"], include_defaults=False)


def evaluate(run):
    out = lm_eval.simple_evaluate(
        model=run["model"],
        model_args=run["arguments"],
        tasks=run["tasks"],
        batch_size=run["batch_size"],
        apply_chat_template=run["chat"],
        task_manager=manager,
        bootstrap_iters=0,
    )
    samples = {
        name: [sample["filtered_resps"] for sample in sorted(rows, key=lambda row: row["doc_id"])]
        for name, rows in out["samples"].items()
    }
    metrics = {
        name: {key: value for key, value in values.items() if isinstance(value, float)}
        for name, values in out["results"].items()
    }
    return {"samples": samples, "metrics": metrics}


answers = [evaluate(run) for run in plan["runs"]]
with open(plan["output"], "w") as file:
    json.dump(answers, file)
