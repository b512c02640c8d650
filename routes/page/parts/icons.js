/** Line icons, 16 by 16. */
import { html } from "../lib/html.js";

const PATHS = {
  jobs: "M2.5 12.5 6 8l3 2.5 4.5-7M2.5 2.5v11h11",
  play: "M3 3.5h10v7H8l-3 2.5v-2.5H3z",
  models: "M8 2 14 5 8 8 2 5zM2 8l6 3 6-3M2 11l6 3 6-3",
  datasets:
    "M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2",
  plus: "M8 3v10M3 8h10",
  theme: "M8 2a6 6 0 1 0 6 6 4.5 4.5 0 0 1-6-6",
  help: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M6.3 6.2a1.8 1.8 0 1 1 2.4 1.9c-.5.2-.7.6-.7 1.1M8 11.3v.1",
  key: "M10 9.5a3.5 3.5 0 1 0-3.3-2.3L2 12v2h2v-1.5h1.5V11h1.4l1-1",
  docs: "M4 2h5l3 3v9H4zM9 2v3h3M6 8h4M6 11h4",
};

export function Icon({ name }) {
  return html`
    <svg
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.4"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d=${PATHS[name]} />
    </svg>
  `;
}
