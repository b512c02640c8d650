/** Part of a list. */

export interface Page<T> {
  rows: T[];
  /** Whether more follow. */
  has_more: boolean;
}

/** A page of rows that were queried with one row more than `limit`. */
export function page<T>(rows: T[], limit: number): Page<T> {
  return { rows: rows.slice(0, limit), has_more: rows.length > limit };
}
