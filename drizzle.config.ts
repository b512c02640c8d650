/** What drizzle-kit needs to write `migrations/` from the schema; the program itself never reads it. */
import type { Config } from "drizzle-kit";

export default { dialect: "sqlite", schema: "./core/db/schema.ts", out: "./migrations" } satisfies Config;
