/**
 * The graphs of jobs, each built once while it is among those asked for last: a job's estimate asks for the graphs that its
 * run then loads, and a request's is mostly for those of the request before. They are shared, so nobody may change them.
 */
import {
  generateArtifact,
  hiddenArtifact,
  policyEvalArtifact,
  policyTrainingArtifact,
  rewardTrainingArtifact,
  scoreArtifact,
  sftTrainingArtifact,
  topLogprobsArtifact,
  trunkArtifact,
  valueEvalArtifact,
  valueTrainingArtifact,
} from "../../kernels/artifacts.ts";
import { memoize } from "../memoize.ts";

/** Of one kind; one of a large model takes some megabytes. */
const KEPT = 4;

export const builtGraphs = {
  generate: memoize(KEPT, generateArtifact),
  hidden: memoize(KEPT, hiddenArtifact),
  topLogprobs: memoize(KEPT, topLogprobsArtifact),
  trunk: memoize(KEPT, trunkArtifact),
  policyEval: memoize(KEPT, policyEvalArtifact),
  policyTraining: memoize(KEPT, policyTrainingArtifact),
  valueEval: memoize(KEPT, valueEvalArtifact),
  valueTraining: memoize(KEPT, valueTrainingArtifact),
  score: memoize(KEPT, scoreArtifact),
  rewardTraining: memoize(KEPT, rewardTrainingArtifact),
  sftTraining: memoize(KEPT, sftTrainingArtifact),
};
