/** What of a reward can be refused while its sender can still be told. */
import type { RewardConfig } from "../contract/reward_schema.ts";
import { MASK, maskedHeaders, placeIn, rewardPlaces, setReward } from "../contract/reward_secrets.ts";
import { attributed, attributeTo, invalid } from "../errors.ts";
import { type Grader, singleGraders } from "../contract/graders/grader_schema.ts";
import type { Logger } from "../log.ts";
import type { AnsweringOptions } from "./answering.ts";
import type { GraderServices } from "./grader_question.ts";

/**
 * Checks addresses, loads modules, and has Python graders read.
 *
 * @returns the reward, with what each module is made of
 * @throws {UserError} `invalid_request`, naming the field below `reward`
 */
export async function checkReward(
  reward: RewardConfig,
  { guard, modules, graders }: AnsweringOptions,
  logger: Logger,
): Promise<RewardConfig> {
  const [masked] = maskedHeaders(reward);
  if (masked !== undefined) {
    throw invalid(
      `reward.${masked}`,
      `Expected the header's value, got the '${MASK}' that answers have in its place`,
    );
  }
  let checked = reward;
  for (const [at, part] of rewardPlaces(reward)) {
    const path = placeIn("reward", at);
    if (part.type === "http") {
      try {
        guard.precheck(part.url);
      } catch (error) {
        throw attributed(placeIn(path, "url"), error);
      }
    } else if (part.type === "module") {
      const sha256 = await attributeTo(placeIn(path, "file"), modules.check(part, logger));
      checked = setReward(checked, at, { ...part, sha256 });
    } else if (part.type === "grader") {
      await checkGrader(part.grader, placeIn(path, "grader"), graders);
    }
  }
  return checked;
}

/** Has each Python grader read; nothing of it is run. @throws {UserError} naming its source */
export async function checkGrader(grader: Grader, path: string, { python }: GraderServices): Promise<void> {
  for (const [name, single] of singleGraders(grader)) {
    if (single.type !== "python") continue;
    const place = placeIn(path, name === "" ? "source" : `graders.${name}.source`);
    await attributeTo(place, python.check(single.source, "check"));
  }
}
