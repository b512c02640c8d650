// With openapi-generator's client: creates a job, follows it to its end and downloads the adapter.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"check/client"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	ctx := context.Background()
	configuration := client.NewConfiguration()
	configuration.Servers = client.ServerConfigurations{{URL: os.Args[1]}}
	api := client.NewAPIClient(configuration)

	var request client.TrainingJobBody
	must(json.Unmarshal([]byte(`{
		"kind": "ppo",
		"model": "tiny",
		"prompts": ["POST: The bakery stopped making the bread I like.\nTL;DR:"],
		"ppo": { "batch_size": 1, "max_new_tokens": 8 },
		"reward": { "type": "length", "target": 5 }
	}`), &request))
	job, _, err := api.TrainingJobsAPI.CreateTrainingJob(ctx).TrainingJobBody(request).Execute()
	must(err)
	for job.Status == "queued" || job.Status == "running" {
		time.Sleep(200 * time.Millisecond)
		job, _, err = api.TrainingJobsAPI.GetTrainingJob(ctx, job.Id).Execute()
		must(err)
	}
	if job.Status != "succeeded" {
		must(fmt.Errorf("the job %s", job.Status))
	}
	page, _, err := api.CheckpointsAPI.ListTrainingJobCheckpoints(ctx, job.Id).Execute()
	must(err)
	file, _, err := api.CheckpointsAPI.DownloadCheckpointFile(ctx, page.Data[0].Id, "adapter_model.safetensors").Execute()
	must(err)
	bytes, err := io.ReadAll(file)
	must(err)
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"job": job.Id, "reward": job.GetLatestMetrics()["objective/scores"], "bytes": len(bytes),
	}))
}
