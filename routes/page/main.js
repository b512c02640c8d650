/** The page's frame: places, the API key's dialog, the help, light and dark. */
import { render } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { enterKey, watchGate } from "./lib/api.js";
import { html } from "./lib/html.js";
import { KEYS, listenToKeys } from "./lib/keyboard.js";
import { to, useRoute } from "./lib/router.js";
import { Icon } from "./parts/icons.js";
import { Dialog, Empty } from "./parts/parts.js";
import { Dataset, Datasets } from "./views/datasets.js";
import { Job } from "./views/job.js";
import { Jobs } from "./views/jobs.js";
import { Models } from "./views/models.js";
import { NewJob } from "./views/new_job.js";
import { Playground } from "./views/playground.js";

const PLACES = [
  ["jobs", "Jobs", "jobs"],
  ["playground", "Playground", "play"],
  ["models", "Models", "models"],
  ["datasets", "Datasets", "datasets"],
];

function view({ parts: [place, ...rest], query }, theme) {
  if (place === "jobs") {
    return rest.length === 0
      ? html`<${Jobs} query=${query} />`
      : html`<${Job} key=${rest[0]} id=${rest[0]} parts=${rest.slice(1)} query=${query} theme=${theme} />`;
  }
  if (place === "new") return html`<${NewJob} query=${query} />`;
  if (place === "playground") return html`<${Playground} query=${query} />`;
  if (place === "models") return html`<${Models} />`;
  if (place === "datasets") {
    return rest.length === 0 ? html`<${Datasets} />` : html`<${Dataset} id=${rest[0]} />`;
  }
  return html`<${Empty} title="Nothing is here"><a class="text" href=${to("jobs")}>All jobs</a><//>`;
}

/** What the browser's tab says; a view that knows better says so itself. */
const TITLES = {
  new: "New job",
  playground: "Playground",
  models: "Models",
  datasets: "Datasets",
  jobs: "Jobs",
};

function KeyDialog() {
  const [reason, setReason] = useState(null);
  const [text, setText] = useState("");
  useEffect(() => watchGate(setReason), []);
  const enter = (event) => {
    event.preventDefault();
    enterKey(text.trim());
    setText("");
  };
  return html`
    <${Dialog} isOpen=${reason !== null} label="API key">
      <form class="stack" onSubmit=${enter}>
        <h2>API key</h2>
        <p class="muted">${reason}</p>
        <input
          class="input mono"
          type="password"
          autocomplete="off"
          aria-label="API key"
          autofocus
          value=${text}
          onInput=${(event) => setText(event.currentTarget.value)}
        />
        <p class="small muted">It stays in this page's memory and is gone when you close or reload it.</p>
        <button class="button main" disabled=${text.trim() === ""}>Continue</button>
      </form>
      <//>
  `;
}

function Help({ isOpen, onClose }) {
  return html`
    <${Dialog} isOpen=${isOpen} onClose=${onClose} label="Keyboard">
      <div class="stack">
        <h2>Keyboard</h2>
        <dl class="keys">
            ${KEYS.flatMap(([keys, what]) => [
              html`<dt key=${keys}>${keys.split(" ").map((key) => html`<kbd>${key}</kbd>${" "}`)}</dt>`,
              html`<dd key=${what}>${what}</dd>`,
            ])}
          </dl>
        <form method="dialog"><button class="button">Close</button></form>
      </div>
      <//>
  `;
}

function App() {
  const route = useRoute();
  const [isHelping, setHelping] = useState(false);
  const [theme, setTheme] = useState(document.documentElement.dataset.theme);
  const [place] = route.parts;
  useEffect(() => {
    document.title = `${TITLES[place] ?? "Not found"} · Proximal`;
  }, [place]);
  const address = route.parts.join("/");
  useEffect(() => scrollTo(0, 0), [address]);
  const toggleTheme = useCallback(() =>
    setTheme((was) => {
      const now = was === "dark" ? "light" : "dark";
      document.documentElement.dataset.theme = now;
      try {
        localStorage.setItem("theme", now);
      } catch { /* Storage may be forbidden. */ }
      return now;
    }), []);
  useEffect(
    () => listenToKeys({ toggleTheme, toggleHelp: () => setHelping((was) => !was) }),
    [],
  );
  return html`
    <div class="shell">
      <div class="side">
        <a class="brand" href=${to("jobs")}>
            <svg viewBox="0 0 32 32" aria-hidden="true">
              <rect width="32" height="32" rx="8" fill="#5b5bd6" />
              <path d="M7 22c4 0 4-6 7.5-6S19 10 25 10" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" />
              <circle cx="25" cy="10" r="2.6" fill="#fff" />
            </svg>
            Proximal
          </a>
        <nav class="nav" aria-label="Places">
            ${PLACES.map(([key, text, icon]) =>
              html`<a key=${key} href=${to(key)} aria-current=${key === place ? "page" : undefined}>
        <${Icon} name=${icon} />${text}</a>`
            )}
            <a href=${to("new")} aria-current=${place === "new" ? "page" : undefined}
              ><${Icon} name="plus" />New job</a>
          </nav>
        <div class="foot">
          <a class="button plain icon" href="/docs" title="API reference" aria-label="API reference"
          ><${Icon} name="docs" /></a>
          <button type="button" class="button plain icon" title="Light or dark" aria-label="Light or dark"
            onClick=${toggleTheme}
          ><${Icon} name="theme" /></button>
          <button type="button" class="button plain icon" title="Keyboard" aria-label="Keyboard"
            onClick=${() => setHelping(true)}
          ><${Icon} name="help" /></button>
        </div>
      </div>
      <main>${view(route, theme)}</main>
      <${KeyDialog} />
      <${Help} isOpen=${isHelping} onClose=${() => setHelping(false)} />
    </div>
  `;
}

const app = document.getElementById("app");
app.replaceChildren();
render(html`<${App} />`, app);
