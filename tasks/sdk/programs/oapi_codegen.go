// With oapi-codegen's client: creates a job, follows it to its end and downloads the adapter.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"check/client"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func pointer[T any](value T) *T { return &value }

func main() {
	ctx := context.Background()
	api := must(client.NewClientWithResponses(os.Args[1]))

	var prompt client.Prompt
	must(0, prompt.FromPrompt0("POST: The bakery stopped making the bread I like.\nTL;DR:"))
	var reward client.Reward
	must(0, reward.FromLengthReward(client.LengthReward{Type: "length", Target: pointer(int64(5))}))
	var request client.TrainingJobRequest
	must(0, request.FromPpoJob(client.PpoJob{
		Kind:    "ppo",
		Model:   "tiny",
		Prompts: &[]client.Prompt{prompt},
		Ppo:     &client.PpoConfig{BatchSize: pointer(int64(1)), MaxNewTokens: pointer(int64(8))},
		Reward:  reward,
	}))

	var body client.TrainingJobBody
	must(0, body.FromTrainingJobRequest(request))

	created := must(api.CreateTrainingJobWithResponse(ctx, &client.CreateTrainingJobParams{}, body))
	if created.JSON202 == nil {
		must(0, fmt.Errorf("the job was refused: %s", created.Body))
	}
	job := created.JSON202
	for job.Status == "queued" || job.Status == "running" {
		time.Sleep(200 * time.Millisecond)
		job = must(api.GetTrainingJobWithResponse(ctx, job.Id)).JSON200
	}
	if job.Status != "succeeded" {
		must(0, fmt.Errorf("the job %s", job.Status))
	}
	page := must(api.ListTrainingJobCheckpointsWithResponse(ctx, job.Id, nil)).JSON200
	file := must(api.DownloadCheckpointFileWithResponse(ctx, page.Data[0].Id, "adapter_model.safetensors"))
	must(0, json.NewEncoder(os.Stdout).Encode(map[string]any{
		"job": job.Id, "reward": (*job.LatestMetrics)["objective/scores"], "bytes": len(file.Body),
	}))
}
