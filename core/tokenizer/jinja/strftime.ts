/** Python's `datetime.strftime` in the C locale. */
import { TemplateRefusal } from "./faults.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June", "July"],
  ...["August", "September", "October", "November", "December"],
];

const two = (value: number, filler = "0") => String(value).padStart(2, filler);
const dayOfYear = (at: Date) =>
  Math.round(
    (Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) - Date.UTC(at.getFullYear(), 0, 1)) / 86_400_000,
  );
const hour12 = (at: Date) => at.getHours() % 12 || 12;

const WRITERS: Record<string, (at: Date) => string> = {
  a: (at) => DAYS[at.getDay()]!.slice(0, 3),
  A: (at) => DAYS[at.getDay()]!,
  b: (at) => MONTHS[at.getMonth()]!.slice(0, 3),
  B: (at) => MONTHS[at.getMonth()]!,
  C: (at) => two(Math.floor(at.getFullYear() / 100)),
  d: (at) => two(at.getDate()),
  D: (at) => `${WRITERS.m!(at)}/${WRITERS.d!(at)}/${WRITERS.y!(at)}`,
  e: (at) => two(at.getDate(), " "),
  f: (at) => String(at.getMilliseconds() * 1000).padStart(6, "0"),
  F: (at) => `${at.getFullYear()}-${WRITERS.m!(at)}-${WRITERS.d!(at)}`,
  h: (at) => WRITERS.b!(at),
  H: (at) => two(at.getHours()),
  I: (at) => two(hour12(at)),
  j: (at) => String(dayOfYear(at) + 1).padStart(3, "0"),
  k: (at) => two(at.getHours(), " "),
  l: (at) => two(hour12(at), " "),
  m: (at) => two(at.getMonth() + 1),
  M: (at) => two(at.getMinutes()),
  n: () => "\n",
  p: (at) => at.getHours() < 12 ? "AM" : "PM",
  r: (at) => `${WRITERS.I!(at)}:${WRITERS.M!(at)}:${WRITERS.S!(at)} ${WRITERS.p!(at)}`,
  R: (at) => `${WRITERS.H!(at)}:${WRITERS.M!(at)}`,
  S: (at) => two(at.getSeconds()),
  t: () => "\t",
  T: (at) => `${WRITERS.R!(at)}:${WRITERS.S!(at)}`,
  u: (at) => String(at.getDay() || 7),
  U: (at) => two(Math.floor((dayOfYear(at) + 7 - at.getDay()) / 7)),
  w: (at) => String(at.getDay()),
  W: (at) => two(Math.floor((dayOfYear(at) + 7 - (at.getDay() + 6) % 7) / 7)),
  x: (at) => WRITERS.D!(at),
  X: (at) => WRITERS.T!(at),
  c: (at) => `${WRITERS.a!(at)} ${WRITERS.b!(at)} ${WRITERS.e!(at)} ${WRITERS.T!(at)} ${at.getFullYear()}`,
  y: (at) => two(at.getFullYear() % 100),
  Y: (at) => String(at.getFullYear()),
  z: () => "", // without a zone, as `datetime.now()` is
  Z: () => "",
  "%": () => "%",
};

/** A moment as a format says, in local time; `%-d` leaves out zeros. */
export function strftime(at: Date, format: string): string {
  if (format.endsWith("%") && !format.endsWith("%%")) throw new TemplateRefusal("A format that ends in %");
  return format.replace(/%(-?)([^])/g, (all, bare: string, letter: string) => {
    if (!Object.hasOwn(WRITERS, letter)) throw new TemplateRefusal(`${all} in strftime_now`);
    const written = WRITERS[letter]!(at);
    return bare ? written.replace(/^[0 ]+(?=.)/, "") : written;
  });
}
