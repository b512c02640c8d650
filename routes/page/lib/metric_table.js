/** A job's metrics as columns over its steps, which rows are added to as they come. */
export class MetricTable {
  steps = [];
  epochs = [];
  columns = new Map();

  /** Adds a row of `GET …/metrics`; one of a step that is there already changes nothing. */
  add({ step, epoch, ...metrics }) {
    if (this.steps.length > 0 && step <= this.steps.at(-1)) return;
    const at = this.steps.push(step) - 1;
    this.epochs.push(epoch);
    for (const [name, value] of Object.entries(metrics)) {
      let column = this.columns.get(name);
      if (!column) this.columns.set(name, column = []);
      while (column.length < at) column.push(null);
      column[at] = value;
    }
  }

  has(name) {
    return this.columns.get(name)?.some((value) => value !== null && value !== undefined) ?? false;
  }

  /** Values of a metric by step, null where it has none. */
  values(name) {
    const column = this.columns.get(name) ?? [];
    while (column.length < this.steps.length) column.push(null);
    return column;
  }

  /** The latest value of a metric; null: none. */
  last(name) {
    return this.columns.get(name)?.findLast((value) => typeof value === "number") ?? null;
  }

  first(name) {
    return this.columns.get(name)?.find((value) => typeof value === "number") ?? null;
  }
}
