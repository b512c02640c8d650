/** Every row of a source, as tests look at them. */
import type { RowSource } from "../../../core/train/row_source.ts";

export function allRows<Row>(rows: RowSource<Row>): Row[] {
  return Array.from({ length: rows.length }, (_, index) => rows.at(index)!);
}
