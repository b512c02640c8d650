/** The keyboard: j and k go through rows, / to the search, letters to places, Escape up. */
import { go, to } from "./router.js";

/** What the help lists. */
export const KEYS = [
  ["/", "Search or filter"],
  ["j k", "Next and previous row"],
  ["Enter", "Open the row"],
  ["x", "Select the row, to overlay curves"],
  ["Esc", "Close, or go up"],
  ["1 … 9", "Tabs of a job"],
  ["← →", "Through the tokens of a response"],
  ["n", "New job"],
  ["g j", "Jobs"],
  ["g p", "Playground"],
  ["g m", "Models"],
  ["g d", "Datasets"],
  ["t", "Light or dark"],
  ["?", "This help"],
];

const PLACES = { j: "jobs", p: "playground", m: "models", d: "datasets" };

const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);

function move(by) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.indexOf(document.activeElement);
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

/** The place above this one. */
function up() {
  const [path] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").filter(Boolean);
  if (parts.length > 1) go(`#/${parts.slice(0, -1).join("/")}`);
  else if (parts[0] === "new") go(to("jobs"));
}

/** Listens until the returned function is called. */
export function listenToKeys({ toggleHelp, toggleTheme }) {
  let wasG = 0;
  const actions = {
    "/": () => document.querySelector("[data-search]")?.focus(),
    "j": () => move(1),
    "k": () => move(-1),
    "x": () => document.activeElement?.closest("li")?.querySelector("input[type=checkbox]")?.click(),
    "n": () => go(to("new")),
    "t": toggleTheme,
    "?": toggleHelp,
    "Escape": up,
  };
  const listen = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox") {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const place = performance.now() - wasG < 1500 ? PLACES[event.key] : undefined;
    wasG = event.key === "g" ? performance.now() : 0;
    const tab = /^[1-9]$/.test(event.key) ? document.querySelectorAll(".tabs a")[event.key - 1] : null;
    const act = place ? () => go(to(place)) : tab ? () => tab.click() : actions[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  addEventListener("keydown", listen);
  return () => removeEventListener("keydown", listen);
}
