/** JSON of objects that have parts which are JSON already, often megabytes: they are neither read nor written again. */

/** An object as JSON. @param written values that are JSON, by their keys among `fields`, whose place they take */
export function writtenJson(fields: Record<string, unknown>, written: Record<string, string>): string {
  const parts = Object.entries(fields).flatMap(([key, value]) => {
    const json = Object.hasOwn(written, key) ? written[key] : JSON.stringify(value);
    return json === undefined ? [] : [`${JSON.stringify(key)}:${json}`];
  });
  return `{${parts.join(",")}}`;
}
