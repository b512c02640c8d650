/** Learning curves as a picture (SVG): a panel a task, a line a system with its spread over seeds, from the runs alone. */
import { deviation, mean } from "./learning_summary.ts";

/** A system's runs on a task: the scores of every step, a row a seed. */
export interface Curve {
  label: string;
  runs: readonly (readonly number[])[];
}

export interface Panel {
  title: string;
  curves: readonly Curve[];
}

const PANEL = { width: 300, height: 240, left: 44, right: 12, top: 44, bottom: 36 };
const COLOURS = ["#1a7f5a", "#b4690e"];

/** Mean score by step, and one standard deviation over seeds to either side. */
export function learningPicture(panels: readonly Panel[]): string {
  const width = PANEL.width * panels.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${PANEL.height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${PANEL.height}" fill="#ffffff"/>`,
    ...panels.flatMap((panel, at) => [
      `<g transform="translate(${PANEL.width * at} 0)">`,
      ...drawPanel(panel),
      "</g>",
    ]),
    "</svg>\n",
  ].join("\n");
}

function drawPanel({ title, curves }: Panel): string[] {
  const courses = curves.map(({ label, runs }) => {
    const steps = runs[0]!.map((_, step) => runs.map((run) => run[step]!));
    return { label, means: steps.map(mean), spread: steps.map(deviation) };
  });
  const edges = courses.flatMap(({ means, spread }) =>
    means.flatMap((value, step) => [value - spread[step]!, value + spread[step]!])
  );
  const low = Math.min(...edges), high = Math.max(...edges);
  const steps = Math.max(...courses.map(({ means }) => means.length));
  const right = PANEL.width - PANEL.right, bottom = PANEL.height - PANEL.bottom;
  const x = (step: number) => PANEL.left + (right - PANEL.left) * step / Math.max(1, steps - 1);
  const y = (value: number) => bottom - (bottom - PANEL.top) * (value - low) / (high - low || 1);
  const points = (values: readonly number[]) =>
    values.map((value, step) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`);
  return [
    text(PANEL.left, 18, title, "#24292f", "start"),
    `<path d="M${PANEL.left} ${PANEL.top}V${bottom}H${right}" fill="none" stroke="#d0d7de"/>`,
    text(PANEL.left - 6, y(low) + 4, low.toFixed(1), "#57606a", "end"),
    text(PANEL.left - 6, y(high) + 4, high.toFixed(1), "#57606a", "end"),
    text(PANEL.left, bottom + 16, "1", "#57606a", "middle"),
    text(right, bottom + 16, String(steps), "#57606a", "end"),
    text((PANEL.left + right) / 2, bottom + 16, "step", "#57606a", "middle"),
    ...courses.flatMap(({ label, means, spread }, at) => {
      const colour = COLOURS[at % COLOURS.length]!;
      const above = points(means.map((value, step) => value + spread[step]!));
      const below = points(means.map((value, step) => value - spread[step]!)).reverse();
      return [
        `<polygon points="${[...above, ...below].join(" ")}" fill="${colour}" opacity="0.15"/>`,
        `<polyline points="${points(means).join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        text(PANEL.left + 90 * at, 36, label, colour, "start"),
      ];
    }),
  ];
}

function text(x: number, y: number, content: string, colour: string, anchor: string): string {
  return `<text x="${x.toFixed(1)}" y="${
    y.toFixed(1)
  }" fill="${colour}" text-anchor="${anchor}">${content}</text>`;
}
