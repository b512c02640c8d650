/** The database's own clock, which all servers that share it read alike, whatever theirs say. */
import { sql } from "drizzle-orm";

/** Now, in ms, as SQL. */
export const clock = sql<number>`cast(unixepoch('subsec') * 1000 as integer)`;
