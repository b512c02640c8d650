/**
 * A port of this machine's for a program that must be told which: nobody listens there, and it is below those that systems
 * give to whoever takes any, so that none of the many who do takes it before the program has begun, or while it restarts.
 */
export function freePort(): number {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
