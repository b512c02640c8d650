/** Curves of runs that differ in one value, as a picture (SVG) of panels in two columns, drawn from the numbers alone. */

/** A run, by the value that it has. */
export interface Line {
  label: string;
  /** By step. */
  values: readonly number[];
}

export interface Panel {
  title: string;
  lines: readonly Line[];
  /** Whether the axis goes by factors of ten: for what differs by them. */
  log: boolean;
}

const WIDTH = 400, HEIGHT = 250, LEFT = 48, RIGHT = 58, TOP = 36, BOTTOM = 34;
/** From low values to high ones; told apart in grey, too. */
const COLOURS = ["#9ec5e8", "#4a90c2", "#1a7f5a", "#c98a1b", "#b3261e"];
/** Below it a factor of ten says nothing of a KL. */
const LEAST = 0.1;
const TEXT_PX = 13;

export function ratesPicture(panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / 2);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * WIDTH} ${
      rows * HEIGHT
    }" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...panels.flatMap((panel, at) => [
      `<g transform="translate(${WIDTH * (at % 2)} ${HEIGHT * Math.floor(at / 2)})">`,
      ...drawPanel(panel),
      "</g>",
    ]),
    "</svg>\n",
  ].join("\n");
}

function drawPanel({ title, lines, log }: Panel): string[] {
  const scaled = (value: number) => log ? Math.log10(Math.max(LEAST, value)) : value;
  const all = lines.flatMap(({ values }) => values.map(scaled));
  const low = Math.min(...all), high = Math.max(...all);
  const steps = Math.max(...lines.map(({ values }) => values.length));
  const right = WIDTH - RIGHT, bottom = HEIGHT - BOTTOM;
  const x = (step: number) => LEFT + (right - LEFT) * step / Math.max(1, steps - 1);
  const y = (value: number) => bottom - (bottom - TOP) * (scaled(value) - low) / (high - low || 1);
  const marks = log
    ? Array.from({ length: 9 }, (_, index) => 10 ** (index - 2)).filter((mark) =>
      mark >= LEAST && scaled(mark) >= low && scaled(mark) <= high
    )
    : [low, (low + high) / 2, high];
  // Labels stand at the ends of their lines, apart from each other.
  const ends = lines.map(({ label, values }, at) => ({ label, at, place: y(values.at(-1)!) }))
    .sort((a, b) => a.place - b.place);
  for (const [index, end] of ends.entries()) {
    if (index > 0) end.place = Math.max(end.place, ends[index - 1]!.place + TEXT_PX);
  }
  const over = Math.max(0, (ends.at(-1)?.place ?? 0) - bottom);
  for (const end of ends) end.place -= over;
  for (const [index, end] of [...ends.entries()].reverse()) {
    const below = ends[index + 1];
    if (below) end.place = Math.min(end.place, below.place - TEXT_PX);
  }
  return [
    text(LEFT, 20, title, "#24292f", "start"),
    `<path d="M${LEFT} ${TOP}V${bottom}H${right}" fill="none" stroke="#d0d7de"/>`,
    ...marks.map((mark) =>
      text(LEFT - 6, y(mark) + 4, log ? String(mark) : mark.toFixed(2), "#57606a", "end")
    ),
    text(LEFT, bottom + 18, "1", "#57606a", "middle"),
    text(right, bottom + 18, String(steps), "#57606a", "middle"),
    text((LEFT + right) / 2, bottom + 18, "step", "#57606a", "middle"),
    ...lines.map(({ values }, at) => {
      const points = values.map((value, step) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
      return `<polyline points="${points}" fill="none" stroke="${
        COLOURS[at % COLOURS.length]
      }" stroke-width="2"/>`;
    }),
    ...ends.map(({ label, at, place }) =>
      text(right + 6, place + 4, label, COLOURS[at % COLOURS.length]!, "start")
    ),
  ];
}

function text(x: number, y: number, content: string, colour: string, anchor: string): string {
  return `<text x="${x.toFixed(1)}" y="${
    y.toFixed(1)
  }" fill="${colour}" text-anchor="${anchor}">${content}</text>`;
}
