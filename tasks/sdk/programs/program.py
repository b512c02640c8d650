"""With openapi-python-client's client: creates a job, follows it to its end and downloads the adapter."""
import json
import sys
import time

from proximal_client import Client
from proximal_client.api.checkpoints import download_checkpoint_file, list_training_job_checkpoints
from proximal_client.api.training_jobs import create_training_job, get_training_job
from proximal_client.models import (
    Checkpoint,
    JobStatus,
    LengthReward,
    LengthRewardType,
    PpoConfig,
    PpoJob,
    PpoJobKind,
    TrainingJob,
)
from proximal_client.types import File

client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)
request = PpoJob(
    kind=PpoJobKind.PPO,
    model="tiny",
    prompts=["POST: The bakery stopped making the bread I like.\nTL;DR:"],
    ppo=PpoConfig(batch_size=1, max_new_tokens=8),
    reward=LengthReward(type_=LengthRewardType.LENGTH, target=5),
)
job = create_training_job.sync(client=client, body=request)
assert isinstance(job, TrainingJob), job
while job.status in (JobStatus.QUEUED, JobStatus.RUNNING):
    time.sleep(0.2)
    job = get_training_job.sync(job.id, client=client)
    assert isinstance(job, TrainingJob), job
assert job.status == JobStatus.SUCCEEDED, job.error
page = list_training_job_checkpoints.sync(job.id, client=client)
checkpoint = page.data[0]
assert isinstance(checkpoint, Checkpoint)
file = download_checkpoint_file.sync(checkpoint.id, "adapter_model.safetensors", client=client)
assert isinstance(file, File), file
reward = job.latest_metrics["objective/scores"]
print(json.dumps({"job": job.id, "reward": reward, "bytes": len(file.payload.read())}))
