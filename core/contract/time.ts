/** A moment as JSON has it. */
import { z } from "zod";

/** RFC 3339, UTC. */
export const time = z.string().meta({ format: "date-time" });
