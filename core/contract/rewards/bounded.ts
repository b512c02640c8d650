/** A factor or a bound of scores. */
import { z } from "zod";

export const bounded = z.number().min(-1e6).max(1e6);
