/** A run's mean rewards as a curve of characters, with the KL beside it. */

const WIDTH = 44;

/** One line an epoch: number, bar from the lowest to the highest reward, reward, KL in nats per sequence. */
export function rewardCurve(rewards: readonly number[], kl: readonly number[]): string {
  const low = Math.min(...rewards), high = Math.max(...rewards);
  const lines = rewards.map((reward, epoch) => {
    const filled = high === low ? WIDTH : Math.round((WIDTH - 1) * (reward - low) / (high - low)) + 1;
    return `epoch ${String(epoch + 1).padStart(3)}  ${"█".repeat(filled).padEnd(WIDTH)}  reward ${
      reward.toFixed(3)
    }  kl ${kl[epoch]!.toFixed(3)}`;
  });
  return `\n${lines.join("\n")}\n`;
}
