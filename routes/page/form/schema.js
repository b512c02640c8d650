/** What the OpenAPI document says of a request: schemas with their references resolved, and values to begin with. */

/** A schema with what it refers to in its place. */
export function resolved(document, schema) {
  let found = schema;
  for (let depth = 0; found?.$ref && depth < 20; depth++) {
    const target = found.$ref.replace(/^#\//, "").split("/").reduce((at, key) => at?.[key], document);
    const { $ref: _, ...beside } = found;
    found = { ...target, ...beside };
  }
  // One schema that is only described anew.
  if (found?.allOf?.length === 1) {
    const { allOf, ...beside } = found;
    return { ...resolved(document, allOf[0]), ...beside };
  }
  return found ?? {};
}

/** The bodies that a POST may have, by the value of the field that tells them apart. */
export function requestVariants(document, path, field) {
  const body = resolved(document, document.paths[path].post.requestBody);
  const branchesOf = (given) => {
    const schema = resolved(document, given);
    return (schema.oneOf ?? schema.anyOf)?.flatMap(branchesOf) ?? [schema];
  };
  const branches = branchesOf(body.content["application/json"].schema);
  // What lacks the field is no such body: one that names another job, as which it begins.
  return new Map(
    branches.filter((variant) => variant.properties?.[field])
      .map((variant) => [constantOf(resolved(document, variant.properties[field])), variant]),
  );
}

/** The only value that a schema allows. */
export function constantOf(schema) {
  return schema.const ?? (schema.enum?.length === 1 ? schema.enum[0] : undefined);
}

const typesOf = ({ type }) => Array.isArray(type) ? type : type === undefined ? [] : [type];

const isNull = (schema) => schema.type === "null" || constantOf(schema) === null;

/**
 * How a value is entered, with what that needs:
 * `choice` of values, `flag`, `integer`, `number`, `text`, `texts`, `map` of texts, `group` of properties, `variants` by a
 * `type`, or `json`.
 */
export function formOf(document, given) {
  const schema = resolved(document, given);
  const all = (schema.oneOf ?? schema.anyOf)?.map((one) => resolved(document, one));
  if (all) {
    const some = all.filter((one) => !isNull(one));
    const isNullable = some.length < all.length;
    const about = { ...schema, oneOf: undefined, anyOf: undefined };
    if (some.length === 1) return { ...formOf(document, { ...some[0], ...stripped(about) }), isNullable };
    const field = schema.discriminator?.propertyName ?? "type";
    const names = some.map((one) =>
      one.properties?.[field] && constantOf(resolved(document, one.properties[field]))
    );
    if (names.every((name) => name !== undefined)) {
      return {
        form: "variants",
        schema,
        isNullable,
        field,
        variants: new Map(names.map((name, at) => [name, some[at]])),
      };
    }
    return { form: "json", schema, isNullable };
  }
  const types = typesOf(schema);
  const isNullable = types.includes("null") || (schema.enum?.includes(null) ?? false);
  const [type] = types.filter((one) => one !== "null");
  const base = { schema, isNullable };
  if (schema.enum) return { ...base, form: "choice", values: schema.enum.filter((value) => value !== null) };
  if (type === "boolean") return { ...base, form: "flag" };
  if (type === "integer" || type === "number") return { ...base, form: type };
  if (type === "string") return { ...base, form: "text" };
  if (type === "array") {
    const item = resolved(document, schema.items ?? {});
    return { ...base, form: typesOf(item)[0] === "string" && !item.enum ? "texts" : "json" };
  }
  if (type === "object" && schema.properties) return { ...base, form: "group" };
  const values = resolved(document, schema.additionalProperties ?? {});
  if (type === "object" && typesOf(values).includes("string")) return { ...base, form: "map" };
  return { ...base, form: "json" };
}

const stripped = (schema) =>
  Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));

const SHORT = new Set(["kl", "ppo", "sft", "url", "id", "eos", "lr"]);

/** A key of a schema as people read it. */
export function labelOf(key) {
  const words = key.split("_").map((word) => SHORT.has(word) ? word.toUpperCase() : word);
  const text = words.join(" ");
  return text[0].toUpperCase() + text.slice(1);
}

/** A value's part at a path. */
export function at(value, path) {
  return path.reduce((part, key) => part?.[key], value);
}

/** The value with another part at a path; undefined takes it out, and objects that are empty then. */
export function withPart(value, [key, ...rest], part) {
  const next = { ...value };
  next[key] = rest.length === 0 ? part : withPart(next[key] ?? {}, rest, part);
  if (next[key] === undefined) delete next[key];
  const isEmpty = rest.length > 0 && next[key] !== null && typeof next[key] === "object" &&
    Object.keys(next[key]).length === 0;
  if (isEmpty) delete next[key];
  return next;
}
