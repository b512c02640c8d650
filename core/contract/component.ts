/** Names of schemas in the OpenAPI document, where each is described once and referred to by its name. */

/**
 * Metadata for `.meta()`, last of all that is done to a schema: generated clients call its type so.
 *
 * The name is said twice because `id` is lost where a schema is made nullable or described anew, and the other is not:
 * `routes/plain_schemas.ts` refers to the component there too.
 */
export function component(name: string): { id: string; "x-component": string } {
  return { id: name, "x-component": name };
}
