/** What of a reward nobody is to see: kept apart from its configuration, which is shown, stored and given to engines. */
import { z } from "zod";
import type { RewardConfig, RewardOf } from "./reward_schema.ts";
import type { RolloutsConfig } from "./rollouts.ts";

/** What stands for a secret wherever a configuration is shown. */
export const MASK = "***";

const secretsSchema = z.object({ headers: z.record(z.string(), z.string()), secret: z.string().optional() });

/** By where a reward is in the whole, as keys with dots between; a rollout server's by `ROLLOUTS`, where no reward is. */
export type RewardSecrets = Readonly<Record<string, z.output<typeof secretsSchema>>>;

/** A reward inside another, by the key that leads to it; that of a sum's term has its index in it. */
export function innerRewards(reward: RewardConfig): [key: string, inner: RewardConfig][] {
  if (reward.type === "sum") {
    return reward.terms.map(({ reward: inner }, at) => [`terms.${at}.reward`, inner]);
  }
  return "reward" in reward ? [["reward", reward.reward]] : [];
}

/** The place of a reward that is inside the one at `at`. */
export function placeIn(at: string, key: string): string {
  return at === "" || key === "" ? at + key : `${at}.${key}`;
}

/** A reward and all those inside it by their places, outermost first. */
export function rewardPlaces(reward: RewardConfig, at = ""): [at: string, reward: RewardConfig][] {
  return [
    [at, reward],
    ...innerRewards(reward).flatMap(([key, inner]) => rewardPlaces(inner, placeIn(at, key))),
  ];
}

/** A reward whose parts are changed, from the inside out. */
export function mapReward(
  reward: RewardConfig,
  change: (part: RewardConfig, at: string) => RewardConfig,
  at = "",
): RewardConfig {
  if (reward.type === "sum") {
    const terms = reward.terms.map((term, index) => ({
      ...term,
      reward: mapReward(term.reward, change, placeIn(at, `terms.${index}.reward`)),
    }));
    return change({ ...reward, terms }, at);
  }
  if (!("reward" in reward)) return change(reward, at);
  return change({ ...reward, reward: mapReward(reward.reward, change, placeIn(at, "reward")) }, at);
}

/** A reward with another at a place. */
export function setReward(reward: RewardConfig, place: string, other: RewardConfig): RewardConfig {
  return mapReward(reward, (part, at) => at === place ? other : part);
}

/** A reward with a mask for each secret, and the secrets; null where it has none. */
export function splitSecrets(
  reward: RewardConfig,
): { reward: RewardConfig; secrets: RewardSecrets | null } {
  const secrets: Record<string, RewardSecrets[string]> = {};
  const masked = mapReward(reward, (part, at) => {
    if (part.type !== "http") return part;
    const { secret, headers, ...open } = part;
    if (secret === undefined && Object.keys(headers).length === 0) return part;
    secrets[at] = { headers, ...(secret !== undefined && { secret }) };
    return { ...open, headers: Object.fromEntries(Object.keys(headers).map((name) => [name, MASK])) };
  });
  return { reward: masked, secrets: Object.keys(secrets).length > 0 ? secrets : null };
}

const ROLLOUTS = "rollouts";

/** The same of a request's whole configuration, which may have no reward, and a server that samples its rollouts. */
export function splitRewardSecrets<Config extends object>(
  config: Config,
): { config: Config; secrets: RewardSecrets | null } {
  const { reward: given, rollouts } = config as {
    reward?: RewardConfig | null;
    rollouts?: RolloutsConfig | null;
  };
  const { reward, secrets } = given ? splitSecrets(given) : { reward: given, secrets: null };
  const names = Object.keys(rollouts?.headers ?? {});
  if (!given && names.length === 0) return { config, secrets: null };
  const own = names.length > 0 ? { [ROLLOUTS]: { headers: rollouts!.headers } } : null;
  return {
    config: {
      ...config,
      ...(given && { reward }),
      ...(own && {
        rollouts: { ...rollouts, headers: Object.fromEntries(names.map((name) => [name, MASK])) },
      }),
    },
    secrets: own || secrets ? { ...secrets, ...own } : null,
  };
}

/** A rollout server with its secrets again. */
export function withRolloutSecrets(rollouts: RolloutsConfig, secrets: RewardSecrets | null): RolloutsConfig {
  return { ...rollouts, ...secrets?.[ROLLOUTS] };
}

/** The http reward at a place, with its secrets again. */
export function withSecrets(
  reward: RewardOf<"http">,
  at: string,
  secrets: RewardSecrets | null,
): RewardOf<"http"> {
  return { ...reward, ...secrets?.[at] };
}

/** Where a reward has a mask for a header's value: it was copied from what a server shows. */
export function maskedHeaders(reward: RewardConfig): string[] {
  return rewardPlaces(reward).flatMap(([at, part]) =>
    part.type === "http"
      ? Object.entries(part.headers).filter(([, value]) => value === MASK)
        .map(([name]) => placeIn(at, `headers.${name}`))
      : []
  );
}
