/** Fields of a form by their schemas: one component for each way of entering a value. */
import { useEffect, useState } from "preact/hooks";
import { html } from "../lib/html.js";
import { at, formOf, labelOf } from "./schema.js";

const idOf = (path) => `field-${path.join("-")}`;

/** What the server said of a field. */
const faultsAt = (errors, path) => {
  const name = path.join(".");
  return errors.filter((error) => error.path === name).map(({ message }) => message);
};

const written = (value) =>
  value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);

/** A text field whose text may be no value yet, as a number that is being typed. */
function Typed({ form, id, value, read, write = written, placeholder, isLong, attributes }) {
  const [text, setText] = useState(write(value) ?? "");
  // What another hand has changed, as an example that was taken.
  useEffect(() => {
    if (write(read(text)) !== write(value)) setText(write(value) ?? "");
  }, [write(value)]);
  const input = (event) => {
    setText(event.currentTarget.value);
    form(read(event.currentTarget.value));
  };
  return isLong
    ? html`
      <textarea class="input mono" id=${id} rows="2" placeholder=${placeholder} value=${text}
        onInput=${input} ...${attributes}></textarea>
    `
    : html`
      <input class="input" id=${id} placeholder=${placeholder} value=${text} onInput=${input}
        autocomplete="off" ...${attributes} />
    `;
}

/** What is no number stays a text, which the server refuses by name. */
function asNumber(text) {
  if (text.trim() === "") return undefined;
  if (text.trim() === "null") return null;
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function asJson(text) {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const asTexts = (text) => {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.length === 0 ? undefined : lines;
};

/** Texts by name, a line each. */
const asMap = (text) => {
  const pairs = text.split("\n").filter((line) => line.trim() !== "").map((line) => {
    const [name, ...value] = line.split(":");
    return [name.trim(), value.join(":").trim()];
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
};

const writtenMap = (value) =>
  value && typeof value === "object"
    ? Object.entries(value).map(([name, text]) => `${name}: ${text}`).join("\n")
    : written(value);

/** Ways of entering a value that take a whole line. */
const WIDE = ["group", "variants", "texts", "map", "json"];

/** A choice's value for null. */
const NONE = "null";

const CONTROLS = {
  choice: ({ values, value, set, id, placeholder, attributes }) =>
    html`<select class="input" id=${id} value=${
      value === undefined ? "" : String(value)
    } ...${attributes} onChange=${(event) =>
      set(
        event.currentTarget.value === ""
          ? undefined
          : values.find((one) => String(one) === event.currentTarget.value),
      )}>
      <option value="" selected=${value === undefined}>${placeholder || "default"}</option>
      ${
      values.map((one) =>
        html`<option key=${one} value=${String(one)} selected=${one === value}>${String(one)}</option>`
      )
    }
    </select>`,
  flag: ({ schema, value, set, id, attributes }) =>
    html`
      <span
        class="check"><input type="checkbox" id=${id} checked=${value ?? schema.default ??
          false} ...${attributes} onChange=${(event) =>
          set(
            event.currentTarget.checked === schema.default ? undefined : event.currentTarget.checked,
          )} /></span>
    `,
  integer: (it) =>
    html`<${Typed} ...${it} form=${it.set} read=${asNumber} attributes=${{
      ...it.attributes,
      inputmode: "numeric",
    }} />`,
  number: (it) =>
    html`<${Typed} ...${it} form=${it.set} read=${asNumber} attributes=${{
      ...it.attributes,
      inputmode: "decimal",
    }} />`,
  text: (it) => html`<${Typed} ...${it} form=${it.set} read=${(text) => text === "" ? undefined : text} />`,
  texts: (it) =>
    html`
      <${Typed} ...${it} form=${it.set} isLong read=${asTexts} write=${(value) =>
        Array.isArray(value) ? value.join("\n") : written(value)}
        placeholder="One a line" />
    `,
  map: (it) =>
    html`
      <${Typed} ...${it} form=${it.set} isLong read=${asMap} write=${writtenMap}
        placeholder="name: value, one a line" />
    `,
  json: (it) => html`<${Typed} ...${it} form=${it.set} isLong read=${asJson} placeholder="JSON" />`,
};

/**
 * One field, or a group of fields.
 *
 * @param ctx `{ document, value, set(path, part), errors, onFocus(path, schema), controls }`: `controls` may have a
 *   component of its own for a path
 */
export function Field({ ctx, name, path, schema: given, isRequired }) {
  const { document, value: whole, set, errors, onFocus, controls } = ctx;
  const described = formOf(document, given);
  const { form, schema, isNullable } = described;
  const value = at(whole, path);
  const Own = controls[path.join(".")];
  const id = idOf(path);
  const label = html`${labelOf(name)}${
    isRequired && html`<span class="required" title="Required"> *</span>`
  }`;
  if (!Own && form === "variants") {
    return html`<${Variants} ctx=${ctx} name=${name} path=${path} described=${described} isRequired=${isRequired} />`;
  }
  if (!Own && form === "group") {
    return html`<${Group} ctx=${ctx} name=${name} path=${path} schema=${schema} isNullable=${isNullable} />`;
  }
  const faults = faultsAt(errors, path);
  const isWide = Own?.isWide || (!Own && WIDE.includes(form));
  const fallback =
    schema.default === undefined || schema.default === null || typeof schema.default === "object"
      ? ""
      : String(schema.default);
  const attributes = {
    ...(faults.length > 0 && { "aria-invalid": "true" }),
    "aria-describedby": faults.length > 0 ? `${id}-fault` : undefined,
    "data-path": path.join("."),
  };
  const props = {
    ...described,
    ...{ id, value, attributes, placeholder: fallback },
    set: (part) => set(path, part),
    ctx,
  };
  return html`<div class="field ${isWide ? "wide" : ""}" onFocusIn=${() => onFocus(path, schema)}>
    <label for=${id}>${label}</label>
    ${Own ? html`<${Own} ...${props} />` : CONTROLS[form](props)}
    ${faults.length > 0 && html`<span class="fault" id=${`${id}-fault`}>${faults.join("; ")}</span>`}
  </div>`;
}

/** The properties of an object, but for those left out. */
export function Properties({ ctx, path, schema, leaveOut = [] }) {
  const required = schema.required ?? [];
  const isLeftOut = (key) =>
    leaveOut.includes([...path, key].join(".")) || ctx.leaveOut.includes([...path, key].join("."));
  const isWide = (key) => WIDE.includes(formOf(ctx.document, schema.properties[key]).form);
  const keys = Object.keys(schema.properties).filter((key) => !isLeftOut(key));
  // What takes a whole line comes after what stands beside others.
  return [...keys.filter((key) => !isWide(key)), ...keys.filter(isWide)].map((key) =>
    html`
      <${Field} key=${key} ctx=${ctx} name=${key} path=${[...path, key]} schema=${schema.properties[key]}
        isRequired=${required.includes(key)} />
    `
  );
}

/** An object as a part that can be opened. */
function Group({ ctx, name, path, schema, isNullable }) {
  const value = at(ctx.value, path);
  const count = value ? Object.keys(value).length : 0;
  const hasFault = ctx.errors.some((error) =>
    error.path === path.join(".") || error.path.startsWith(`${path.join(".")}.`)
  );
  const own = faultsAt(ctx.errors, path);
  return html`<details class="section field wide" open=${hasFault || undefined} onFocusIn=${(event) =>
    event.target.tagName === "SUMMARY" && ctx.onFocus(path, schema)}>
    <summary>${labelOf(name)} <span class="small">${
    count > 0 ? `${count} set` : isNullable ? "off" : "defaults"
  }</span></summary>
    ${own.length > 0 && html`<span class="fault">${own.join("; ")}</span>`}
    <div class="fields nested"><${Properties} ctx=${ctx} path=${path} schema=${schema} /></div>
  </details>`;
}

/** One of several objects, told apart by a field. */
function Variants({ ctx, name, path, described, isRequired }) {
  const { field, variants, schema, isNullable } = described;
  const value = at(ctx.value, path);
  const chosen = value?.[field];
  const variant = variants.get(chosen);
  const faults = faultsAt(ctx.errors, path);
  const id = idOf(path);
  const text = (key) => variants.get(key).description ? `${key}: ${variants.get(key).description}` : key;
  return html`<div class="field wide" onFocusIn=${(event) =>
    event.target.id === id && ctx.onFocus(path, variant ?? schema)}>
    <label for=${id}>${labelOf(name)}${
    isRequired && html`<span class="required" title="Required"> *</span>`
  }</label>
    <select class="input" id=${id} data-path=${path.join(".")} value=${
    value === null ? NONE : chosen ?? ""
  } onChange=${(event) => {
    const type = event.currentTarget.value;
    ctx.set(path, type === "" ? undefined : type === NONE ? null : { [field]: type });
  }}>
      <option value="" selected=${chosen === undefined}>${isRequired ? "Choose…" : "default"}</option>
      ${isNullable && html`<option value=${NONE} selected=${value === null}>none</option>`}
      ${
    [...variants.keys()].map((key) =>
      html`<option key=${key} value=${key} selected=${key === chosen}>${cut(text(key))}</option>`
    )
  }
    </select>
    ${faults.length > 0 && html`<span class="fault">${faults.join("; ")}</span>`}
    ${
    variant && Object.keys(variant.properties).length > 1 && html`
      <div class="fields nested" style=${{ marginTop: "8px" }}>
        <${Properties} ctx=${ctx} path=${path} schema=${variant} leaveOut=${[[...path, field].join(".")]} />
      </div>
    `
  }
  </div>`;
}

const cut = (text) => text.length > 90 ? `${text.slice(0, 90)}…` : text;
