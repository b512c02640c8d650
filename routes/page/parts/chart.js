/**
 * Curves over steps by uPlot, one line or several, with marks: warnings, checkpoints, attempts. Marks are elements over
 * the canvas, so that they can be hovered, tested and read aloud; the values under the cursor are written in the header.
 */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import { html } from "../lib/html.js";
import { number } from "../lib/format.js";
import { smoothed } from "./smoothed.js";

const HEIGHT = 176;
/** Pixels between checkpoints that are both drawn. */
const APART = 9;

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** Bounds with some air, also where all values are one. */
function padded(_plot, min, max) {
  if (!isNumber(min) || !isNumber(max)) return [0, 1];
  const air = (max - min) * 0.08 || Math.abs(max) * 0.1 || 0.1;
  // What cannot be negative has no room below nothing.
  return [min >= 0 ? Math.max(0, min - air) : min - air, max + air];
}

/** uPlot's columns: steps, then each line, its raw form behind it where it is smoothed. */
function columnsOf(lines, smoothing) {
  const tables = lines.map(({ xs, ys }) => [xs, ...(smoothing > 0 ? [ys, smoothed(ys, smoothing)] : [ys])]);
  return tables.length === 1 ? tables[0] : UPlot.join(tables);
}

function optionsOf({ lines, smoothing, width, onCursor, onDraw, isLog }) {
  const line = (name, more) => ({
    stroke: () => color(name),
    width: 1.6,
    spanGaps: true,
    points: { size: 5 },
    ...more,
  });
  const few = (plot, at) => plot.data[at].filter(isNumber).length <= 1;
  const points = { show: few, size: 5 };
  const axis = {
    stroke: () => color("--muted"),
    font: "11px Inter, system-ui, sans-serif",
    grid: { stroke: () => color("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    ...{ width, height: HEIGHT, padding: [8, 12, 0, 0], legend: { show: false } },
    cursor: { y: false, sync: { key: "steps" }, points: { size: 7 }, drag: { x: true, y: false } },
    scales: { x: { time: false }, y: isLog ? { distr: 3 } : { range: padded } },
    series: [
      {},
      ...lines.flatMap(({ color: name }) =>
        smoothing > 0
          ? [line(name, { alpha: 0.28, width: 1, points: { show: false } }), line(name, { points })]
          : [line(name, { points })]
      ),
    ],
    axes: [
      {
        ...axis,
        ...{ size: 26, gap: 6, space: 56, grid: { show: false } },
        values: (_plot, values) => values.map((value) => Number.isInteger(value) ? number(value) : ""),
      },
      {
        ...axis,
        size: 46,
        gap: 6,
        space: 34,
        values: (_plot, values) => values.map((value) => value === null ? "" : number(value, 3)),
      },
    ],
    hooks: { setCursor: [onCursor], draw: [onDraw] },
  };
}

/** Puts marks where their steps are; checkpoints that would lie on each other are left out. */
function place(plot, layer) {
  let last = -Infinity;
  for (const mark of layer.children) {
    const at = plot.valToPos(Number(mark.dataset.step), "x");
    const isCrowded = mark.classList.contains("checkpoint") && !mark.classList.contains("best") &&
      at - last < APART;
    const isInside = at >= -1 && at <= plot.over.clientWidth + 1;
    mark.hidden = !isInside || isCrowded;
    if (mark.hidden) continue;
    if (mark.classList.contains("checkpoint")) last = at;
    mark.style.left = `${at}px`;
    mark.classList.toggle("left", at > plot.over.clientWidth / 2);
  }
}

function markElement({ kind, step, tip, isBest }) {
  const mark = document.createElement("span");
  mark.className = `mark ${kind}${isBest ? " best" : ""}`;
  Object.assign(mark.dataset, { step, tip });
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", tip);
  mark.append(document.createElement("i"));
  return mark;
}

/** What the chart says to whoever cannot see it. */
function spoken(title, lines) {
  const parts = lines.map(({ label, xs, ys }) => {
    const known = ys.filter(isNumber);
    if (known.length === 0) return `${label}: nothing yet`;
    return `${label}: ${number(known[0])} at first, ${number(known.at(-1))} at step ${xs.at(-1)}, ` +
      `between ${number(Math.min(...bounds(known)))} and ${number(Math.max(...bounds(known)))}`;
  });
  return `${title}. ${parts.join(". ")}`;
}

/** Smallest and largest, however many there are. */
function bounds(values) {
  let min = Infinity, max = -Infinity;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return [min, max];
}

/**
 * @param lines `{ label, color, xs, ys }` each: color as the name of a custom property, xs rising, ys with null for none
 * @param marks `{ kind, step, tip, isBest? }` each
 * @param isNamed whether the legend says which line is which, or its colours are explained elsewhere
 * @param smoothing from 0 (none) to below 1
 * @param version what is another number when the lines' arrays have grown
 */
export function Chart(
  { title, name, hint, lines, marks = [], smoothing = 0, isLog = false, isNamed = true, version, theme },
) {
  const host = useRef(null), head = useRef(null), legend = useRef(null);
  const plot = useRef(null), layer = useRef(null), latest = useRef(lines);
  latest.current = lines;

  /** Writes the values at a place of the data, or the last ones. */
  const write = (at) => {
    const now = latest.current;
    const drawn = plot.current;
    const step = drawn && at !== null && at !== undefined ? drawn.data[0][at] : null;
    const values = now.map(({ xs, ys }) => {
      if (step === null) return ys.findLast(isNumber);
      const index = xs.indexOf(step);
      return index < 0 ? null : ys[index];
    });
    const where = step === null ? "" : `step ${step}`;
    head.current.textContent = "";
    if (where) head.current.append(Object.assign(document.createElement("small"), { textContent: where }));
    if (now.length === 1) head.current.append(number(values[0]));
    legend.current?.querySelectorAll("b").forEach((cell, index) => cell.textContent = number(values[index]));
  };

  const shape = `${lines.map(({ label, color }) => label + color).join()}|${smoothing > 0}|${isLog}|${theme}`;
  useLayoutEffect(() => {
    const over = document.createElement("div");
    const make = (width) => {
      const options = optionsOf({
        ...{ lines: latest.current, smoothing, width, isLog },
        onCursor: ({ cursor }) => write(cursor.idx),
        onDraw: (drawn) => layer.current && place(drawn, layer.current),
      });
      plot.current = new UPlot(options, columnsOf(latest.current, smoothing), host.current);
      plot.current.over.append(over);
      layer.current = over;
    };
    make(host.current.clientWidth || 300);
    const watcher = new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width > 0 && Math.abs(contentRect.width - plot.current.width) >= 1) {
        plot.current.setSize({ width: contentRect.width, height: HEIGHT });
      }
    });
    watcher.observe(host.current);
    return () => {
      watcher.disconnect();
      plot.current.destroy();
      plot.current = null;
      layer.current = null;
    };
  }, [shape]);

  useLayoutEffect(() => {
    const isZoomed = plot.current.scales.x.min > plot.current.data[0][0];
    plot.current.setData(columnsOf(lines, smoothing), !isZoomed);
    if (isZoomed) plot.current.redraw();
    write(plot.current.cursor.idx);
  }, [shape, version, smoothing, ...lines.map(({ xs }) => xs.length)]);

  useEffect(() => {
    layer.current.replaceChildren(...marks.map(markElement));
    place(plot.current, layer.current);
  }, [shape, marks]);

  return html`<figure class="panel chart" data-metric=${name}>
    <header>
      <h3 title=${hint ?? name}>${title}</h3>
      <span class="value" ref=${head}></span>
    </header>
    ${
    lines.length > 1 && html`<div class="legend" ref=${legend}>
      ${
      lines.map(({ label, color: swatch }) =>
        html`
          <span key=${label}
            title=${label}
          ><i class="swatch" style=${{ "--swatch": `var(${swatch})` }}></i>${isNamed && label} <b></b></span>
        `
      )
    }
    </div>`
  }
    <div class="plot" ref=${host} role="img" aria-label=${spoken(title, lines)}></div>
  </figure>`;
}
