/** What of a reward can be refused while its sender can still be told, without asking anybody. */
import type { RewardConfig } from "../contract/reward_schema.ts";
import { MASK, maskedHeaders, placeIn, rewardPlaces } from "../contract/reward_secrets.ts";
import { attributed, invalid } from "../errors.ts";
import type { OutboundGuard } from "../outbound/outbound_guard.ts";

/** @throws {UserError} `invalid_request`, naming the field below `reward` */
export function checkReward(guard: OutboundGuard, reward: RewardConfig): void {
  for (const [at, part] of rewardPlaces(reward)) {
    if (part.type !== "http") continue;
    try {
      guard.precheck(part.url);
    } catch (error) {
      throw attributed(placeIn(placeIn("reward", at), "url"), error);
    }
  }
  const [masked] = maskedHeaders(reward);
  if (masked !== undefined) {
    throw invalid(
      `reward.${masked}`,
      `Expected the header's value, got the '${MASK}' that answers have in its place`,
    );
  }
}
