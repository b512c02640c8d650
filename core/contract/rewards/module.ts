/** A reward in a file of the user's own. */
import { z } from "zod";
import { onError } from "./asked.ts";
import { rewardKind } from "./reward_kind.ts";

const file = z.string().max(200).regex(
  /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*\.(ts|mts|js|mjs)$/,
  "Expected a file's path below DATA_DIR/rewards, as brevity.ts or style/tone.ts",
);

export const module = rewardKind({
  schema: z.strictObject({
    type: z.literal("module").describe("Which reward it is."),
    file: file.describe(
      "A TypeScript or JavaScript file below DATA_DIR/rewards. Its default export scores a batch, or its export score one item.",
    ),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, "Expected 64 digits of a SHA-256, in small letters").nullable()
      .default(null).describe(
        "What the file must be. A job has that of the file as it was when the job was created, and fails where it has changed.",
      ),
    timeout_ms: z.int().min(1).max(600_000).default(10_000).describe(
      "How long it may take for a batch, in ms. Default 10000.",
    ),
    memory_mb: z.int().min(64).max(16_384).default(256).describe(
      "How much memory it may use, in MiB. Default 256.",
    ),
    on_error: onError,
  }).describe("What a file of your own gives, run without any permission"),
  asks: true,
});
