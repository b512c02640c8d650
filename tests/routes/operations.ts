/** The operations of an OpenAPI document, for tests. */

// deno-lint-ignore no-explicit-any
type Json = any;

export interface Operation {
  method: string;
  path: string;
  operation: Json;
}

export function operationsOf(document: Json): Operation[] {
  return Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    Object.entries<Json>(item).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    }))
  );
}
