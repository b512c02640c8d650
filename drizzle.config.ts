/** What drizzle-kit needs to write `migrations/` from the schema; the program itself never reads it. */
export default { dialect: "sqlite", schema: "./core/db/schema.ts", out: "./migrations" };
