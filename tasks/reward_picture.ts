/** A run's mean rewards and KL as a picture (SVG) for the README, drawn from the numbers alone. */

const WIDTH = 720, HEIGHT = 300, LEFT = 56, RIGHT = 56, TOP = 24, BOTTOM = 40;

interface Series {
  values: readonly number[];
  colour: string;
  label: string;
  side: "left" | "right";
}

/** Reward on the left axis, KL (nats per sequence) on the right one, over epochs. */
export function rewardPicture(rewards: readonly number[], kl: readonly number[]): string {
  const series: Series[] = [
    { values: rewards, colour: "#1a7f5a", label: "mean reward", side: "left" },
    { values: kl, colour: "#b4690e", label: "KL to the reference", side: "right" },
  ];
  const x = (epoch: number) => LEFT + (WIDTH - LEFT - RIGHT) * epoch / Math.max(1, rewards.length - 1);
  const baseline = HEIGHT - BOTTOM;
  const axes = rewards.map((_, epoch) =>
    text(x(epoch), baseline + 16, String(epoch + 1), "#57606a", "middle")
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<path d="M${LEFT} ${TOP}V${baseline}H${WIDTH - RIGHT}V${TOP}" fill="none" stroke="#d0d7de"/>`,
    ...axes,
    text(WIDTH / 2, HEIGHT - 8, "epoch", "#57606a", "middle"),
    ...series.flatMap((one, index) => draw(one, index, x)),
    "</svg>\n",
  ].join("\n");
}

function draw(
  { values, colour, label, side }: Series,
  index: number,
  x: (epoch: number) => number,
): string[] {
  const low = Math.min(...values), high = Math.max(...values);
  const span = high - low || 1;
  const y = (value: number) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / span;
  const [at, anchor] = side === "left" ? [LEFT - 6, "end"] : [WIDTH - RIGHT + 6, "start"];
  const points = values.map((value, epoch) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`);
  return [
    `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    text(at!, y(low) + 4, low.toFixed(2), colour, anchor!),
    text(at!, y(high) + 4, high.toFixed(2), colour, anchor!),
    text(LEFT + 12 + 130 * index, TOP - 8, label, colour, "start"),
  ];
}

function text(x: number, y: number, content: string, colour: string, anchor: string | number): string {
  return `<text x="${x.toFixed(1)}" y="${
    y.toFixed(1)
  }" fill="${colour}" text-anchor="${anchor}">${content}</text>`;
}
