/** score_model graders whose model is one of this server's: real folders on the real runtime. */
import assert from "node:assert/strict";
import {
  type GraderInput,
  type GraderOf,
  graderSchema,
} from "../../../core/contract/graders/grader_schema.ts";
import { gradedRow } from "../../../core/graders/graded_row.ts";
import { loadClassifier } from "../../../core/rewards/classifier_reward.ts";
import { loadReward } from "../../../core/rewards/load_reward_model.ts";
import { gradeTexts, localGrader } from "../../../core/rewards/local_grader.ts";
import { loadTokenizer } from "../../../core/tokenizer/tokenizer.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";
import { inFolder } from "../networks/in_folder.ts";
import { within } from "../../kernels/within.ts";
import { entry, writeClassifier } from "./classifier_folder.ts";

const grader = (more: Partial<GraderInput> = {}) =>
  graderSchema.parse({
    ...{ type: "score_model", model: "m", input: [{ role: "user", content: "{{ item.q }}" }] },
    ...more,
  }) as GraderOf<"score_model">;

const rows = (...questions: string[]) => questions.map((q) => gradedRow({ q }, "", { json: false }));
const never = () => Promise.reject(new Error("Nothing else is to be loaded"));

Deno.test("a ready classifier scores the text that the templates make, for its label, within the range", () =>
  inFolder(async (folder) => {
    await writeClassifier(folder);
    const texts = ["the quick brown fox", "a"];
    const two = [{ role: "user", content: "{{ item.q }}" }, { role: "assistant", content: "x {{ item.q }}" }];
    const asked = grader({ label: "L1", input: two } as Partial<GraderInput>);
    const dispose: (() => void)[] = [];
    const scorer = await localGrader(asked, { classifiers: { m: folder }, rewards: {} }, {
      classifier: async (config) => {
        const loaded = await loadClassifier(runtime, folder, config);
        dispose.push(loaded.dispose);
        return loaded.source;
      },
      textModel: never,
    });
    const grades = await gradeTexts(asked, [...rows(...texts), gradedRow({}, "", { json: false })], scorer!);
    const tokenizer = await loadTokenizer(folder);
    const expected = texts.map((text) => {
      const ids = tokenizer.encode(`${text}\n\nx ${text}`);
      const logits = [0, 1, 2].map((label) =>
        ids.reduce((sum, id) => sum + entry(id, label), 0) / ids.length
      );
      return Math.exp(logits[1]!) / logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    });
    within(Float32Array.from(grades.slice(0, 2), ({ score }) => score), expected, 1e-5, "scores");
    assert.equal(grades[2]!.fault?.kind, "invalid_variable_error");
    const clipped = await gradeTexts({ ...asked, range: [0.9, 1] }, rows("a"), scorer!);
    assert.equal(clipped[0]!.score, 0.9);
    for (const end of dispose) end();
  }));

Deno.test("a reward model reads the text by its own tokenizer, whatever the policy's is", async () => {
  const folder = fixtureFolder("reward-qwen3");
  const folders = { model: folder, rewards: { m: folder } };
  const asked = grader({ range: [-1e6, 1e6] });
  const loaded = await loadReward(runtime, folders, "m", { texts: true });
  const scorer = await localGrader(asked, folders, {
    classifier: never,
    textModel: () => Promise.resolve(loaded.source),
  });
  const [one, same, other] = await gradeTexts(
    asked,
    rows("I have a dog", "I have a dog", "It is late"),
    scorer!,
  );
  assert.deepEqual(one, same);
  assert.notEqual(one!.score, other!.score);
  assert.equal(
    await localGrader(grader({ model: "another" }), folders, { classifier: never, textModel: never }),
    null,
  );
  loaded.dispose();
});
