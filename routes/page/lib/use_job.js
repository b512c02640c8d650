/** A job and all that its views show of it, kept up to date by its event stream. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, list, pages } from "./api.js";
import { jobEvents } from "./event_stream.js";
import { MetricTable } from "./metric_table.js";

export const OVER = ["succeeded", "failed", "cancelled"];

/** Checkpoints and warnings that are shown. */
const MOST = 1000;

/**
 * The metrics of a job, rows added to `table` page by page; `onPage` is called after each.
 */
export async function loadMetrics(id, table, signal, onPage = () => {}) {
  const after = table.steps.at(-1);
  const params = after === undefined ? {} : { after };
  const path = `/v1/training-jobs/${id}/metrics`;
  for (let next = params; next;) {
    const page = await get(path, next, signal);
    page.data.forEach((row) => table.add(row));
    onPage();
    next = page.has_more ? { after: page.next_cursor } : null;
  }
}

/**
 * `{ job, metrics, warnings, checkpoints, version, isLive, error, reload }`; all null until they are there. `version` grows
 * with every change of what is in them.
 */
export function useJob(id) {
  const [, setVersion] = useState(0);
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((was) => was + 1), []);
  const state = useRef(null);
  if (state.current?.id !== id) {
    state.current = {
      ...{ id, job: null, metrics: null, warnings: null, checkpoints: null },
      ...{ isLive: false, error: null, version: 0 },
    };
  }
  useEffect(() => {
    const gone = new AbortController();
    const { signal } = gone;
    const it = state.current;
    const path = `/v1/training-jobs/${id}`;
    let frame = 0;
    const changed = () => {
      it.version++;
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        if (!signal.aborted) setVersion((was) => was + 1);
      });
    };
    const loadJob = async () => {
      it.job = await get(path, {}, signal);
      changed();
    };
    const loadCheckpoints = async () => {
      it.checkpoints = await list(`${path}/checkpoints`, { limit: 100 }, MOST, signal);
      changed();
    };
    const loadWarnings = async () => {
      const type = "training_job.warning";
      const warnings = [];
      for await (const page of pages(`${path}/events`, { type, limit: 1000 }, signal)) {
        warnings.push(...page);
        if (warnings.length >= MOST) break;
      }
      it.warnings = warnings;
      changed();
    };
    const take = (event) => {
      if (event.type === "training_job.step.completed") {
        const { progress, metrics } = event.data;
        it.metrics.add({ step: progress.step, epoch: progress.epoch, ...metrics });
        it.job = { ...it.job, progress, latest_metrics: metrics };
        return changed();
      }
      if (event.type === "training_job.warning") {
        if (!it.warnings.some(({ id }) => id === event.id)) it.warnings = [...it.warnings, event];
        return changed();
      }
      if (event.type === "training_job.checkpoint.created") return loadCheckpoints();
      if (!/epoch|evaluation/.test(event.type)) return loadJob();
    };
    const work = async () => {
      it.error = null;
      // Where the stream begins; asked first, so that nothing lies between it and what is read.
      const newest = await get(`${path}/events`, { order: "desc", limit: 1 }, signal);
      it.metrics ??= new MetricTable();
      await Promise.all([
        loadJob(),
        loadWarnings(),
        loadCheckpoints(),
        loadMetrics(id, it.metrics, signal, changed),
      ]);
      if (OVER.includes(it.job.status)) return;
      const onState = (isOpen) => {
        it.isLive = isOpen;
        changed();
      };
      for await (const event of jobEvents(id, newest.data[0]?.id, signal, onState)) await take(event);
      await Promise.all([loadJob(), loadCheckpoints()]);
    };
    work().catch((error) => {
      if (signal.aborted) return;
      it.error = error;
      changed();
    });
    return () => gone.abort();
  }, [id, turn]);
  return { ...state.current, reload };
}

/** Metrics of further jobs, for overlays: `[{ job, metrics }]`, read again now and then while they run. */
export function useOtherJobs(ids) {
  const [others, setOthers] = useState([]);
  const key = ids.join();
  useEffect(() => {
    const gone = new AbortController();
    const { signal } = gone;
    const known = ids.map(() => new MetricTable());
    const load = async () => {
      const found = await Promise.all(ids.map(async (id, index) => {
        try {
          const job = await get(`/v1/training-jobs/${id}`, {}, signal);
          await loadMetrics(id, known[index], signal);
          return { id, job, metrics: known[index] };
        } catch {
          return null;
        }
      }));
      if (signal.aborted) return;
      setOthers(found.filter(Boolean));
      if (found.some((one) => one && !OVER.includes(one.job.status))) setTimeout(load, 3000);
    };
    setOthers([]);
    if (ids.length > 0) load();
    return () => gone.abort();
  }, [key]);
  return others;
}
