/** What tests ask of a page; these run in the browser. */

/** Adds up how far things have jumped without anybody's doing (cumulative layout shift). */
export function seenShift() {
  globalThis.shift = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) globalThis.shift += value;
  }).observe({ type: "layout-shift", buffered: true });
}

/** Elements that reach out of the window, where the page is wider than it. */
export function tooWide() {
  const { documentElement } = document;
  if (documentElement.scrollWidth <= documentElement.clientWidth + 1) return [];
  return [...document.querySelectorAll("main *")]
    .filter((element) => element.getBoundingClientRect().right > documentElement.clientWidth + 1)
    .slice(0, 5).map((element) => `${element.tagName}.${element.className}`);
}

/**
 * Where a chart has pixels of a line's colour: how many, and their bounds as shares of the plot.
 *
 * @param {{ metric: string, color: string }} which
 */
export function curve({ metric, color }) {
  const canvas = document.querySelector(`[data-metric="${metric}"] canvas`);
  if (!canvas) return null;
  const probe = document.createElement("i");
  probe.style.color = `var(${color})`;
  document.body.append(probe);
  const [red, green, blue] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
  probe.remove();
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const found = { pixels: 0, left: 1, right: 0, top: 1, bottom: 0 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      const isLine = data[at + 3] > 200 && Math.abs(data[at] - red) < 24 &&
        Math.abs(data[at + 1] - green) < 24 &&
        Math.abs(data[at + 2] - blue) < 24;
      if (!isLine) continue;
      found.pixels++;
      found.left = Math.min(found.left, x / width);
      found.right = Math.max(found.right, x / width);
      found.top = Math.min(found.top, y / height);
      found.bottom = Math.max(found.bottom, y / height);
    }
  }
  return found;
}

/** Marks of a kind that a chart shows: their step, and where they are, as a share of the plot's width. */
export function marks({ metric, kind }) {
  const chart = document.querySelector(`[data-metric="${metric}"]`);
  const box = chart.querySelector(".u-over").getBoundingClientRect();
  return [...chart.querySelectorAll(`.mark.${kind}`)].filter((mark) => !mark.hidden).map((mark) => {
    const { left, width } = mark.getBoundingClientRect();
    return {
      step: Number(mark.dataset.step),
      at: (left + width / 2 - box.left) / box.width,
      tip: mark.dataset.tip,
    };
  });
}

/** The tokens that are shown: their text, and how they are coloured. */
export function tokens() {
  return [...document.querySelectorAll(".token")].map((token) => ({
    text: token.textContent,
    color: getComputedStyle(token).backgroundColor,
  }));
}

/** Names and values of a list of terms. */
export function fields(selector) {
  return Object.fromEntries(
    [...document.querySelectorAll(`${selector} [data-field]`)].map((
      field,
    ) => [field.dataset.field, field.textContent]),
  );
}
