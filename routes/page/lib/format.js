/** Numbers, times and names for people to read. */

const MINUS = "\u2212";

/** Some four digits of a number, whatever its size; a dash for none. */
export function number(value, digits = 4) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  let text;
  if (size >= 1e5) text = compact(size);
  else if (size < 1e-3) text = size.toExponential(1).replace("e-", "e\u2212");
  else if (Number.isInteger(size)) text = String(size);
  else text = String(Number(size.toPrecision(digits)));
  return value < 0 ? MINUS + text : text;
}

/** A number with so many decimals, for columns. */
export function fixed(value, decimals = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const text = value.toFixed(decimals);
  // What rounds to nothing has no sign.
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", MINUS);
}

const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const compact = (value) => COMPACT.format(value);

const GROUPED = new Intl.NumberFormat("en");

export const grouped = (value) => GROUPED.format(value);

export const percent = (value) => `${fixed(100 * value, value >= 0.1 ? 0 : 1)} %`;

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  const units = ["B", "KB", "MB", "GB", "TB"];
  let at = 0;
  for (; value >= 1000 && at < units.length - 1; at++) value /= 1000;
  return `${value >= 100 || at === 0 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}

/** Seconds as one or two units. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  if (seconds < 1) return `${Math.max(1, Math.round(1000 * seconds))} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const DATE = new Intl.DateTimeFormat("en", {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

export const dateTime = (time) => time ? DATE.format(new Date(time)) : "–";

/** How long ago, in one unit. */
export function ago(time) {
  if (!time) return "–";
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  if (seconds < 45) return "just now";
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}

/** Seconds that a job has taken, so far or in all. */
export function runSeconds(job) {
  if (!job.started_at) return null;
  return ((job.finished_at ? Date.parse(job.finished_at) : Date.now()) - Date.parse(job.started_at)) / 1000;
}

/** What people call a job: its own name in `metadata`, else the end of its id. */
export function jobName(job) {
  return job.metadata?.name || `${job.kind} ${job.id.slice(-6)}`;
}

export const plural = (count, one, many = `${one}s`) => `${grouped(count)} ${count === 1 ? one : many}`;
