/**
 * Schemas of the OpenAPI document as generators of clients take them, whatever made them: what has a name is described once
 * and referred to, numbers have formats, and there is nothing that some generator stumbles over.
 */

type Json = Record<string, unknown>;

interface Document {
  components?: { schemas?: object };
}

const REFERENCE = "#/components/schemas/";

/** Kinds of schema beside which no `default` is read, or one that fits no type. */
const COMBINED = ["oneOf", "anyOf", "allOf", "$ref"];

/** How numbers are kept that are not said to be smaller. */
const FORMATS: Record<string, string> = { integer: "int64", number: "double" };

/** Types of which a value alone is no type in many languages. */
const WITHOUT_LITERALS = ["boolean", "integer", "number"];

function typesOf({ type }: Json): string[] {
  return Array.isArray(type) ? type : typeof type === "string" ? [type] : [];
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The schema without what is said of where it is used, and whether null may stand for it there. */
function bare({ description: _, default: __, ...schema }: Json): { schema: Json; nullable: boolean } {
  if (Array.isArray(schema.type) && schema.type.includes("null")) {
    const others = schema.type.filter((type) => type !== "null");
    return { schema: { ...schema, type: others.length === 1 ? others[0] : others }, nullable: true };
  }
  for (const key of ["oneOf", "anyOf"]) {
    const branches = schema[key] as Json[] | undefined;
    const others = branches?.filter(({ type }) => type !== "null") ?? [];
    if (!branches || others.length === branches.length) continue;
    // What may be left is the whole union, which stands in a union with null.
    const inner = others.length === 1 ? others[0]! : { ...schema, [key]: others };
    return { schema: inner, nullable: true };
  }
  return { schema, nullable: false };
}

/** Changes a schema that is used in some place into what stands there. */
function plain(value: unknown, schemas: Json, isComponent = false): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item, schemas));
  if (!isObject(value)) return value;
  const { "x-component": name, ...given } = value;
  if (typeof name === "string" && !isComponent) return reference(name, given, schemas);
  const made: Json = {};
  for (const [key, item] of Object.entries(given)) {
    // A name of zod's, which is no keyword of JSON Schema, and which validators refuse; a property may be called so.
    if (key === "id" && typeof item === "string") continue;
    // What is shown is no schema.
    made[key] = key === "default" || key === "enum" || key === "example" || key === "examples"
      ? item
      : plain(item, schemas);
  }
  // Only null has no type in many languages; a branch of a union may be it.
  for (const property of Object.values(isObject(made.properties) ? made.properties : {})) {
    if (isObject(property) && property.type === "null") property.type = ["string", "null"];
  }
  return tidied(made);
}

/** A reference to the component `name`, which is made of its first use if it is not there. */
function reference(name: string, given: Json, schemas: Json): Json {
  const { schema, nullable } = bare(given);
  const { description } = given;
  if (!schemas[name]) {
    schemas[name] = {};
    const first = description === undefined ? schema : { ...schema, description };
    schemas[name] = plain(first, schemas, true);
  }
  const ref = { $ref: REFERENCE + name };
  const beside = description === undefined ? {} : { description };
  return nullable ? { anyOf: [ref, { type: "null" }], ...beside } : { ...ref, ...beside };
}

/** An array of so many items of one kind, said so that everything that reads `items` knows the kind. */
function withItems({ prefixItems, ...schema }: Json): Json {
  const [first, ...others] = prefixItems as Json[];
  if (others.some((item) => JSON.stringify(item) !== JSON.stringify(first))) {
    return { ...schema, prefixItems };
  }
  return { ...schema, items: first, minItems: others.length + 1, maxItems: others.length + 1 };
}

function tidied(given: Json): Json {
  const schema = Array.isArray(given.prefixItems) ? withItems(given) : given;
  const types = typesOf(schema);
  // What a whole object is where it is left out is in its text; its fields have defaults of their own.
  if (isObject(schema.default) || COMBINED.some((key) => key in schema)) delete schema.default;
  const [type] = types.filter((type) => type !== "null");
  if (type === undefined) return schema;
  if (WITHOUT_LITERALS.includes(type) && Array.isArray(schema.enum)) {
    if (schema.enum.filter((item) => item !== null).length === 1) delete schema.enum;
  }
  const format = FORMATS[type];
  if (format && schema.format === undefined && !("enum" in schema)) schema.format = format;
  return schema;
}

/** Says of unions of components by which of their texts they are told apart, where nothing said it. */
function addDiscriminators(value: unknown, schemas: Json): void {
  if (Array.isArray(value)) return value.forEach((item) => addDiscriminators(item, schemas));
  if (!isObject(value)) return;
  Object.values(value).forEach((item) => addDiscriminators(item, schemas));
  if (!Array.isArray(value.oneOf) || value.discriminator !== undefined) return;
  const references = value.oneOf.map((branch: Json) => String(branch.$ref));
  const branches = references.map((ref) => Object(schemas[ref.slice(REFERENCE.length)]).properties ?? {});
  for (const propertyName of Object.keys(branches[0] ?? {})) {
    const values = branches.map((properties) => properties[propertyName]?.enum ?? []);
    if (!values.every((texts) => texts.length === 1 && typeof texts[0] === "string")) continue;
    const mapping = Object.fromEntries(values.map(([text], at) => [text, references[at]]));
    if (Object.keys(mapping).length < values.length) continue;
    value.discriminator = { propertyName, mapping };
    return;
  }
}

/** Takes the app's document, and gives it with plain schemas. */
export function plainSchemas<D extends Document>(document: D): D {
  const schemas: Json = {};
  const { components: { schemas: given = {}, ...components } = {}, ...rest } = document;
  // Names that come first are described by the schema that has them.
  for (const [name, schema] of Object.entries(given)) schemas[name] = schema;
  for (const [name, schema] of Object.entries(given)) schemas[name] = plain(schema, schemas, true);
  const plainRest = plain(rest, schemas) as D;
  for (const schema of Object.values(schemas)) addDiscriminators(schema, schemas);
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => a < b ? -1 : 1));
  return { ...plainRest, components: { ...components, schemas: sorted } };
}
