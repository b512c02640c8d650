/**
 * What files hold of rollouts that were found, as it is shown: in small slices, so that whoever else waits has a turn in
 * between, however much is read. What was removed meanwhile is left out.
 */
import type { AttributionView, RolloutView } from "../contract/records.ts";
import type { Database } from "../db/open_database.ts";
import type { JobRecordsRow, JobRow, RolloutRow } from "../db/schema.ts";
import { openRollouts, openTokens, type RolloutFile, type TokenFile } from "../formats/record_files.ts";
import { type RolloutPlace, rolloutView, tokenViews } from "../formats/record_views.ts";
import {
  cursorAfter,
  findRollouts,
  type RolloutCursor,
  type RolloutFilter,
  type RolloutOrder,
} from "./find_rollouts.ts";

/** Files that are read at once. */
const FILES = 8;
/** Rollouts that are found at once, and that are read at once. */
const FOUND = 200;
const READ = 32;
/** Rollouts that are read at once until a page is full. */
const PAGE_READ = 16;
/** Tokens of a slice, and about how much text: what takes a few milliseconds. */
const SLICE_TOKENS = 256;
const SLICE_TEXT = 128 * 1024;

/** A job's records and where they are. */
export interface RecordSource {
  db: Database;
  job: JobRow;
  records: JobRecordsRow;
  /** The folder of their files. */
  folder: string;
}

type Place = Pick<RolloutRow, "step" | "row" | "prompt_idx" | "sample_idx">;

function placeOf({ step, row, prompt_idx, sample_idx }: Place, { plan }: JobRow): RolloutPlace {
  const epoch = Math.ceil(step / plan.steps_per_epoch);
  return { rollout_id: `${step}-${row}`, prompt_idx, sample_idx, step, epoch };
}

/** The rollouts of these rows, in their order; null for one that is not there any more. */
export async function readRollouts(
  { job, folder }: Pick<RecordSource, "job" | "folder">,
  rows: readonly RolloutRow[],
): Promise<(RolloutView | null)[]> {
  const places = new Map<number, number[]>();
  rows.forEach(({ step }, at) => places.set(step, [...places.get(step) ?? [], at]));
  const views: (RolloutView | null)[] = rows.map(() => null);
  const steps = [...places];
  const readSome = async () => {
    for (let next = steps.shift(); next; next = steps.shift()) {
      const [step, at] = next;
      const file = await openedOrGone(openRollouts(folder, step));
      if (!file) continue;
      try {
        for (const run of runsOf(at, (place) => rows[place]!.row)) {
          const first = rows[run[0]!]!.row;
          const records = await file.read(first, first + run.length);
          run.forEach((place, index) =>
            views[place] = rolloutView(placeOf(rows[place]!, job), records[index]!)
          );
        }
      } finally {
        file.close();
      }
    }
  };
  await Promise.all(Array.from({ length: FILES }, readSome));
  return views;
}

/** Neighbours whose numbers follow each other, together. */
function runsOf(items: readonly number[], numberOf: (item: number) => number): number[][] {
  const runs: number[][] = [];
  for (const item of items) {
    const last = runs.at(-1);
    if (last && numberOf(item) === numberOf(last.at(-1)!) + 1) last.push(item);
    else runs.push([item]);
  }
  return runs;
}

/** What a file is; null when it is not there. */
async function openedOrGone<T>(opening: Promise<T>): Promise<T | null> {
  try {
    return await opening;
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return null;
    throw thrown;
  }
}

export interface RolloutQuery {
  filter: RolloutFilter;
  order: RolloutOrder;
  after?: RolloutCursor;
}

/** All rollouts after a cursor, some at a time. */
export async function* rolloutSlices(
  source: RecordSource,
  { filter, order, after }: RolloutQuery,
): AsyncGenerator<RolloutView[]> {
  for (let cursor = after;;) {
    const rows = await findRollouts(source.db, source, { filter, order, limit: READ, after: cursor });
    const views = await readRollouts(source, rows);
    yield views.filter((view) => view !== null);
    if (rows.length < READ) return;
    cursor = cursorAfter(rows.at(-1)!, order);
  }
}

/** How much a page holds: items, and about how much text, after which it ends early. */
export interface PageSize {
  limit: number;
  text: number;
}

/** The first rollouts after a cursor, and where they end if there are more. */
export async function rolloutPage(
  source: RecordSource,
  { filter, order, after }: RolloutQuery,
  { limit, text }: PageSize,
): Promise<{ data: RolloutView[]; next: RolloutCursor | null }> {
  const rows = await findRollouts(source.db, source, { filter, order, after, limit: limit + 1 });
  const shown = rows.slice(0, limit);
  const data: RolloutView[] = [];
  let read = 0;
  for (let length = 0; read < shown.length && length < text; read += PAGE_READ) {
    const views = await readRollouts(source, shown.slice(read, read + PAGE_READ));
    for (const view of views.filter((view) => view !== null)) {
      data.push(view);
      length += view.prompt.length + view.completion.length;
    }
  }
  const done = Math.min(read, shown.length);
  const last = shown[done - 1];
  return { data, next: last && done < rows.length ? cursorAfter(last, order) : null };
}

/** The first tokens after a place. */
export async function tokenPage(
  source: RecordSource,
  query: TokenQuery,
  { limit, text }: PageSize,
): Promise<{ data: AttributionView[]; has_more: boolean }> {
  const data: AttributionView[] = [];
  let length = 0;
  for await (const slice of tokenSlices(source, query)) {
    for (const view of slice) {
      if (data.length === limit || length >= text) return { data, has_more: true };
      data.push(view);
      length += view.state_text?.length ?? 0;
    }
  }
  return { data, has_more: false };
}

/** A token: its rollout's step and row, and its place there. */
export interface TokenPlace {
  step: number;
  row: number;
  position: number;
}

export interface TokenQuery {
  filter: RolloutFilter;
  after?: TokenPlace;
  /** Whether each token comes with the text before it, which is most of what there is to say. */
  state_text: boolean;
}

/** All tokens after one, in the order of steps, rollouts and positions, some at a time. */
export async function* tokenSlices(
  source: RecordSource,
  { filter, after: last, state_text }: TokenQuery,
): AsyncGenerator<AttributionView[]> {
  const { db, job, records, folder } = source;
  using files = new StepFiles(folder);
  let after: RolloutCursor | undefined;
  for (;;) {
    const rows = await findRollouts(db, source, {
      ...{ filter, order: "step", limit: FOUND, after, first: records.tokens_from },
      // The rollout that the page before ended in is read on.
      notBefore: last,
    });
    for (const row of rows) {
      const opened = await files.of(row.step);
      if (!opened) continue;
      const readOn = last !== undefined && row.step === last.step && row.row === last.row;
      const [rollout] = await opened.rollouts.read(row.row, row.row + 1);
      const length = state_text ? rollout!.prompt.length + rollout!.completion.length : 0;
      const limit = Math.max(1, Math.min(SLICE_TOKENS, Math.floor(SLICE_TEXT / Math.max(1, length))));
      for (let position = readOn ? last.position + 1 : 0;;) {
        const run = await opened.tokens.read(row.row, position, limit);
        if (run.token_id.length > 0) yield tokenViews(placeOf(row, job), rollout!, run, state_text);
        position += limit;
        if (run.token_id.length < limit) break;
      }
    }
    if (rows.length < FOUND) return;
    after = cursorAfter(rows.at(-1)!, "step");
  }
}

/** The files of the step that is read: rollouts come step by step. */
class StepFiles {
  readonly #folder: string;
  #step = 0;
  #files: { rollouts: RolloutFile; tokens: TokenFile } | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Null when one is not there. */
  async of(step: number) {
    if (step === this.#step) return this.#files;
    this[Symbol.dispose]();
    this.#step = step;
    const tokens = await openedOrGone(openTokens(this.#folder, step));
    const rollouts = tokens && await openedOrGone(openRollouts(this.#folder, step)).catch((thrown) => {
      tokens.close();
      throw thrown;
    });
    if (tokens && rollouts) this.#files = { rollouts, tokens };
    else tokens?.close();
    return this.#files;
  }

  [Symbol.dispose](): void {
    this.#files?.rollouts.close();
    this.#files?.tokens.close();
    this.#files = null;
  }
}
