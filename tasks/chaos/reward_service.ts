/** A service that http rewards ask: the score of a text is always the same, though it is not always given at once. */

export interface RewardService {
  url: string;
  /** From now on some requests are answered late, or by an error, or not at all. */
  disturb(random: () => number): void;
  close(): Promise<void>;
}

/** Starts it on a free port. */
export function rewardService(): RewardService {
  let random: (() => number) | null = null;
  const closing = Promise.withResolvers<void>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { items } = await request.json() as { items: { completion: string }[] };
    const chance = random?.() ?? 1;
    if (chance < 0.1) return new Response("out of order", { status: 503 });
    if (chance < 0.15) {
      await Promise.race([
        closing.promise,
        new Promise((resolve) => setTimeout(resolve, 3000)),
      ]);
    }
    return Response.json({ scores: items.map(({ completion }) => completion.split("e").length - 1) });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    disturb: (by) => random = by,
    async close() {
      closing.resolve();
      await server.shutdown();
    },
  };
}
