/** The event that a test of an endpoint sends: it tells of nothing that happened. */

/** Not among the types that endpoints choose from. */
export const TEST_TYPE = "webhook.test";

/** The exact text that is signed and sent. */
export function testBody(webhook: { id: string; url: string; description: string }, at: Date): string {
  return JSON.stringify({ type: TEST_TYPE, timestamp: at.toISOString(), data: { webhook } });
}
