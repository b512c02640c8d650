/** Rows that hold several sequences: each is computed as if it were a row of its own. */
import assert from "node:assert/strict";
import { policyEvalArtifact, sftTrainingArtifact, type Tuning } from "../../../kernels/artifacts.ts";
import type { Fixture } from "../models/fixture.ts";
import { loadFixture } from "../models/fixture.ts";
import { type Array_, runArtifact, vector } from "../run_artifact.ts";
import { within, worst } from "../within.ts";
import { actions, batchOf, feedsOf, gradientsOf, loraOf, ROWS } from "./batch.ts";

/** Columns of a row that holds some of ROWS, one more than they need: what is left over is padding. */
const WIDTH = 21;

/** ROWS two to a row. */
function packed(): Record<string, Array_> {
  const rows = [ROWS.slice(0, 2), ROWS.slice(2)];
  const ids: number[] = [], starts: number[] = [], positions: number[] = [], targets: number[] = [];
  rows.forEach((parts, at) => {
    let column = 0;
    for (const { tokens, prompt } of parts) {
      const start = column;
      // The last token predicts nothing.
      for (const [s, token] of tokens.entries()) {
        if (s >= prompt) {
          positions.push(at * WIDTH + start + s - 1);
          targets.push(token);
        }
        if (s === tokens.length - 1) break;
        ids.push(token);
        starts.push(start);
        column++;
      }
    }
    for (; column < WIDTH; column++) {
      ids.push(99);
      starts.push(column);
    }
  });
  const matrix = (data: number[]) => ({ dims: [rows.length, WIDTH], data });
  return { ids: matrix(ids), starts: matrix(starts), positions: vector(positions), targets: vector(targets) };
}

const weights = vector(Array.from({ length: actions(ROWS) }, (_, i) => 0.05 + 0.01 * (i % 7)));
const PLAIN = { entropy: false, values: false };

const TUNINGS: Record<string, (model: Fixture) => Tuning> = { lora: loraOf, full: () => ({ type: "full" }) };

for (const name of ["qwen3", "llama", "gpt2"]) {
  for (const [kind, tuningOf] of Object.entries(TUNINGS)) {
    for (const blocks of [1, 2, 5]) {
      Deno.test(`${name}, ${kind}: sequences packed into rows, in ${blocks} blocks, have their own logprobs and gradients`, async () => {
        const model = await loadFixture(name);
        const tuning = tuningOf(model);
        const apart = feedsOf(model, { ...batchOf(ROWS), weights });
        const together = feedsOf(model, { ...packed(), weights });
        const [a, b] = [
          await runArtifact(policyEvalArtifact(model.config, tuning, PLAIN), apart),
          await runArtifact(
            policyEvalArtifact(model.config, tuning, { ...PLAIN, packed: true, blocks }),
            together,
          ),
        ];
        within(b.logprobs!.data, a.logprobs!.data, 1e-5, "logprobs");
        const accumulate = false;
        const [own, shared] = [
          await runArtifact(sftTrainingArtifact(model.config, tuning, { accumulate }), apart),
          await runArtifact(
            sftTrainingArtifact(model.config, tuning, { accumulate, packed: true, blocks }),
            together,
          ),
        ];
        within(shared.loss!.data, own.loss!.data, 1e-5, "loss");
        const [g, h] = [gradientsOf(own), gradientsOf(shared)];
        assert.deepEqual(Object.keys(h), Object.keys(g));
        for (const [parameter, data] of Object.entries(g)) {
          within(h[parameter]!, data, 1e-5, parameter);
        }
      });
    }
  }
}

Deno.test("sequences that share a row and its start would see each other", async () => {
  const model = await loadFixture("qwen3");
  const { starts, ...rest } = packed();
  const artifact = policyEvalArtifact(model.config, loraOf(model), { ...PLAIN, packed: true });
  const run = async (data: Array_["data"]) =>
    (await runArtifact(artifact, feedsOf(model, { ...rest, starts: { ...starts!, data } }))).logprobs!.data;
  const [apart, joined] = [await run(starts!.data), await run(Array(2 * WIDTH).fill(0))];
  assert.ok(worst(joined, apart) > 1e-2);
});
