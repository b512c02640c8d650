"""OpenAI's client against a server, as one that fine-tunes uses it; OPENAI_BASE_URL and OPENAI_API_KEY say which."""

import json
import time

import openai

client = openai.OpenAI(max_retries=0)


def upload(rows, **more):
    content = "\n".join(json.dumps(row) for row in rows).encode()
    return client.files.create(file=("rows.jsonl", content), purpose="fine-tune", **more)


def ends(job, status):
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(0.2)
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.status == status, (job.status, job.error)
    return job


def refused(param, code, **request):
    try:
        client.fine_tuning.jobs.create(**request)
    except openai.BadRequestError as error:
        assert (error.param, error.code) == (param, code), (error.param, error.code)
    else:
        raise AssertionError(f"{param} was not refused")


prompts = [{"messages": [{"role": "user", "content": f"Is {n} even?"}], "label": "yes"} for n in range(4)]
file = upload(prompts, expires_after={"anchor": "created_at", "seconds": 3600})
assert file.expires_at - file.created_at == 3600 and file.status == "processed"
assert client.files.wait_for_processing(file.id).id == file.id
assert file.id in [one.id for one in client.files.list(limit=1)]

grader = {
    "type": "string_check", "name": "exact", "operation": "ilike",
    "input": "{{sample.output_text}}", "reference": "{{item.label}}",
}
validation = upload(prompts[:1])
job = client.fine_tuning.jobs.create(
    model="tiny", training_file=file.id, validation_file=validation.id, suffix="even", seed=1,
    metadata={"client": openai.__version__},
    method={"type": "reinforcement", "reinforcement": {
        "grader": grader,
        "hyperparameters": {"n_epochs": 1, "batch_size": 2, "compute_multiplier": 0.5, "eval_interval": 1},
        "proximal": {"ppo": {"max_new_tokens": 4}},
    }},
)
assert job.id in [one.id for one in client.fine_tuning.jobs.list(metadata={"client": openai.__version__})]
job = ends(job, "succeeded")
assert job.fine_tuned_model.startswith("ft:tiny:proximal:even:")
events = list(client.fine_tuning.jobs.list_events(job.id, limit=3))
metrics = [event.data for event in events if event.type == "metrics"]
assert [one["step"] for one in metrics] == [2, 1], metrics
assert all("full_valid_mean_reward" in one and "train_mean_reward" in one for one in metrics)
checkpoints = list(client.fine_tuning.jobs.checkpoints.list(job.id))
assert checkpoints[0].step_number == 2 and checkpoints[0].fine_tuned_model_checkpoint == job.fine_tuned_model
lines = client.files.content(job.result_files[0]).text.splitlines()
assert lines[0].startswith("step,train_mean_reward,valid_mean_reward") and len(lines) == 3, lines

say = [{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}] * 10
supervised = client.fine_tuning.jobs.create(
    model=job.fine_tuned_model, training_file=upload(say).id, seed=1,
    method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1, "batch_size": 5}}},
)
assert supervised.hyperparameters.batch_size == 5
ends(supervised, "succeeded")

# While a long one trains the next does not begin, however soon it is validated.
long = client.fine_tuning.jobs.create(
    model="tiny", training_file=upload(say).id, hyperparameters={"n_epochs": 50, "batch_size": 1},
)
cancelled = client.fine_tuning.jobs.create(model="tiny", training_file=upload(say).id)
assert client.fine_tuning.jobs.pause(cancelled.id).status == "paused"
assert client.fine_tuning.jobs.resume(cancelled.id).status in ("validating_files", "queued")
assert client.fine_tuning.jobs.cancel(cancelled.id).status == "cancelled"
ends(client.fine_tuning.jobs.cancel(long.id), "cancelled")
failed = ends(client.fine_tuning.jobs.create(model="tiny", training_file=upload([{"a": 1}]).id), "failed")
assert (failed.error.param, failed.error.code) == ("training_file", "invalid_training_file"), failed.error

refused("model", "model_not_found", model="gpt-4o-mini", training_file=file.id)
refused("training_file", "invalid_request", model="tiny", training_file="file-none")
refused("method.type", "unsupported_method", model="tiny", training_file=file.id, method={"type": "dpo", "dpo": {}})
assert client.files.delete(file.id).deleted
print("done")
