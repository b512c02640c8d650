/** How people name the device that something runs on; core/ort/ has the device itself. */
import { z } from "zod";

/** A GPU by its index among those the driver shows; `cuda` is the first. */
export const deviceSchema = z.string().regex(/^(cpu|cuda(:\d{1,2})?)$/, "Expected cpu, cuda or cuda:N");

/** The place of a device: `cuda` is `cuda:0`. */
export function placeOf(device: string): "cpu" | `cuda:${number}` {
  return (device === "cuda" ? "cuda:0" : device) as "cpu" | `cuda:${number}`;
}
