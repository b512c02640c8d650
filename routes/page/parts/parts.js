/** Small parts that several views are made of. */
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../lib/html.js";

const TONES = {
  queued: "",
  running: "info live",
  pausing: "warn live",
  paused: "warn",
  cancelling: "warn live",
  cancelled: "",
  succeeded: "good",
  failed: "bad",
  ready: "good",
  unusable: "bad",
  downloading: "info live",
  delivered: "good",
  pending: "info",
};

export function Status({ of }) {
  return html`<span class="status ${TONES[of] ?? ""}">${of}</span>`;
}

const BAR_TONES = { succeeded: "good", failed: "bad", cancelled: "idle", paused: "idle", queued: "idle" };

export function Bar({ share, status }) {
  const percent = Math.round(100 * Math.min(1, Math.max(0, share || 0)));
  return html`
    <div
      class="bar ${BAR_TONES[status] ?? ""}"
      role="progressbar"
      aria-label="Progress"
      aria-valuenow=${percent}
      aria-valuemin="0"
      aria-valuemax="100"
    ><i style=${{ width: `${percent}%` }}></i></div>
  `;
}

/** Text to copy, as commands. */
export function Code({ text, label = "Copy" }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return html`
    <div class="code">
      <pre tabindex="0">${text}</pre>
      <button type="button" class="button tiny" onClick=${copy}>${isCopied ? "Copied" : label}</button>
    </div>
  `;
}

/** Nothing is there yet: what it would be, and what brings it. */
export function Empty({ title, children, code }) {
  return html`<div class="empty">
    <h2>${title}</h2>
    ${children}
    ${code && html`<${Code} text=${code} />`}
  </div>`;
}

/** Something went wrong: what, where, and again. */
export function Fault({ error, retry }) {
  return html`<div class="notice bad" role="alert">
    <div>
      <strong>${error.message || "The server cannot be reached"}</strong>
      ${
    (error.errors ?? []).map(({ path, message }) =>
      html`<div class="small"><code>${path}</code> ${message}</div>`
    )
  }
    </div>
    ${retry && html`<button type="button" class="button tiny" onClick=${retry}>Try again</button>`}
  </div>`;
}

/** The place of what is being loaded, of its height. */
export function Skeleton({ rows = 1, height = 54, gap = 1 }) {
  return html`<div aria-busy="true" aria-label="Loading">
    ${
    Array.from({ length: rows }, (_, row) =>
      html`
        <div
          key=${row}
          class="skeleton"
          style=${{ height: `${height}px`, marginBottom: `${gap}px` }}
        ></div>
      `)
  }
  </div>`;
}

export function Segments({ label, of, value, onChange }) {
  return html`<div class="segments" role="group" aria-label=${label}>
    ${
    of.map(([key, text]) =>
      html`
        <button
          key=${key}
          type="button"
          aria-pressed=${String(key === value)}
          onClick=${() => onChange(key)}
        >${text}</button>
      `
    )
  }
  </div>`;
}

export function Search({ label, value, onChange }) {
  return html`<div class="search">
    <input
      class="input"
      type="search"
      data-search
      placeholder=${label}
      aria-label=${label}
      value=${value}
      onInput=${(event) => onChange(event.currentTarget.value)}
    /><kbd aria-hidden="true">/</kbd>
  </div>`;
}

/** A labelled choice. */
export function Select({ label, value, onChange, options, isDisabled = false }) {
  return html`<label class="field"><span class="label">${label}</span>
    <select
      class="input"
      value=${value}
      disabled=${isDisabled}
      onChange=${(event) => onChange(event.currentTarget.value)}
    >
      ${
    options.map(([key, text]) =>
      html`<option key=${key} value=${key} selected=${key === value}>${text}</option>`
    )
  }
    </select></label>`;
}

export function Field({ label, value, onInput, type = "text", ...more }) {
  return html`<label class="field"><span class="label">${label}</span>
    <input
      class="input"
      type=${type}
      value=${value}
      onInput=${(event) => onInput(event.currentTarget.value)}
      ...${more}
    /></label>`;
}

/** A dialog that is there while `isOpen`. */
export function Dialog({ isOpen, onClose, label, children }) {
  const dialog = useRef(null);
  useEffect(() => {
    if (isOpen && !dialog.current.open) dialog.current.showModal();
    if (!isOpen && dialog.current.open) dialog.current.close();
  }, [isOpen]);
  return html`<dialog ref=${dialog} aria-label=${label} onClose=${onClose}>${isOpen && children}</dialog>`;
}

/** A button that asks once more before it does what cannot be undone. */
export function Sure({ label, sure, onClick, tiny = false }) {
  const [isAsked, setAsked] = useState(false);
  return html`
    <button
      type="button"
      class="button danger ${tiny ? "tiny" : ""}"
      onBlur=${() => setAsked(false)}
      onClick=${() => {
        if (isAsked) onClick();
        setAsked(!isAsked);
      }}
    >${isAsked ? sure : label}</button>
  `;
}

/** Loads more when it comes into sight. */
export function More({ onMore, isLoading }) {
  const place = useRef(null);
  const call = useRef(onMore);
  call.current = onMore;
  useEffect(() => {
    const watcher = new IntersectionObserver(
      ([{ isIntersecting }]) => isIntersecting && call.current(),
      { rootMargin: "400px" },
    );
    watcher.observe(place.current);
    return () => watcher.disconnect();
  }, []);
  return html`
    <div ref=${place} class="row" style=${{ justifyContent: "center", padding: "16px" }}>
      <button type="button" class="button plain" disabled=${isLoading} onClick=${onMore}>
          ${isLoading ? "Loading…" : "Show more"}
        </button>
    </div>
  `;
}
