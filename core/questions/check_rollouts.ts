/** What of a job's rollout server can be refused while its sender can still be told. */
import { MASK } from "../contract/reward_secrets.ts";
import type { RolloutsConfig } from "../contract/rollouts.ts";
import { attributed, invalid } from "../errors.ts";
import type { OutboundGuard } from "../outbound/outbound_guard.ts";

/** @throws {UserError} `invalid_request`, naming the field */
export function checkRollouts(
  { url, headers, adapter }: RolloutsConfig,
  { guard, adapters = null }: { guard: OutboundGuard; adapters?: string | null },
): void {
  const masked = Object.keys(headers).find((name) => headers[name] === MASK);
  if (masked !== undefined) {
    throw invalid(
      `rollouts.headers.${masked}`,
      `Expected the header's value, got the '${MASK}' that answers have in its place`,
    );
  }
  try {
    guard.precheck(url);
  } catch (error) {
    throw attributed("rollouts.url", error);
  }
  if (adapter === "vllm" && adapters === null) {
    throw invalid(
      "rollouts.adapter",
      "Expected none, got vllm: this server has no ROLLOUT_ADAPTERS_DIR, a folder that the rollout server reads adapters from",
    );
  }
}
