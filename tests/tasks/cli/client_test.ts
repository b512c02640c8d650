/** What a real server does only when something goes wrong: streams that break off, answers that are not what was listed. */
import assert from "node:assert/strict";
import { Client } from "../../../tasks/cli/client.ts";
import { chart } from "../../../tasks/cli/chart.ts";
import { plain, Terminal } from "../../../tasks/cli/terminal.ts";
import { inFolder } from "../../core/networks/in_folder.ts";
import { keptScreens, run } from "./screens.ts";

async function answering(
  answer: (request: Request) => Response,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  try {
    await work(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("jobEvents() goes on behind the last event when a stream breaks off or the server is gone for a while", async () => {
  const event = (id: string, type: string) =>
    `id: ${id}\nevent: ${type}\ndata: {"type":"training_job.${type}"}\n\n`;
  const asked: (string | null)[] = [];
  await answering((request) => {
    if (!new URL(request.url).pathname.endsWith("/events")) return Response.json({ status: "running" });
    asked.push(request.headers.get("last-event-id"));
    const body =
      [event("1", "queued") + event("2", "started"), null, event("3", "succeeded")][asked.length - 1];
    if (body === null) return Response.json({ detail: "busy" }, { status: 503 });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }, async (url) => {
    const types: string[] = [];
    for await (
      const { type } of new Client(url, undefined).jobEvents("job_x", new AbortController().signal)
    ) {
      types.push(type.replace("training_job.", ""));
    }
    assert.deepEqual(types, ["queued", "started", "succeeded"]);
    assert.deepEqual(asked, [null, "2", "2"]);
  });
});

Deno.test("export writes no file whose name leads elsewhere, and none that is not what was listed", async () => {
  const listed = (name: string) => ({ files: [{ name, bytes: 4, sha256: "0".repeat(64) }] });
  await inFolder(async (folder) => {
    for (
      const [name, said] of [["..", /no name of one/], [".bashrc", /no name of one/], [
        "a",
        /not come as/,
      ]] as const
    ) {
      await answering((request) => {
        const isFile = new URL(request.url).pathname.includes("/files/");
        return isFile ? new Response("evil") : Response.json(listed(name));
      }, async (PROXIMAL_URL) => {
        const ran = await run(["export", "ckpt_x", "--output", `${folder}/out`], { PROXIMAL_URL });
        assert.equal(ran.code, 1);
        assert.match(ran.err, said);
        assert.deepEqual(
          [...Deno.readDirSync(folder)].map(({ name }) => name),
          ["out"].filter(() => name === "a"),
        );
      });
    }
  });
});

Deno.test("chart() draws rising values from the lower left to the upper right, labelled", () => {
  const lines = chart([0, 0.25, 0.5, 0.75, 1], { width: 22, height: 4 });
  assert.deepEqual(lines.map((line) => line.split("│")[0]), [" 1", "  ", "  ", " 0"]);
  const columns = lines.map((line) => [...line.split("│")[1]!].findIndex((cell) => cell !== " "));
  assert.deepEqual(columns.toSorted((a, b) => b - a), columns);
  assert.deepEqual(chart([1], { width: 20, height: 4 }), []);
  const flat = chart([2, 2, 2], { width: 20, height: 3 });
  assert.deepEqual(flat.map((line) => line.split("│")[1] !== ""), [false, true, false]);
  assert.equal(chart([NaN, 1, 2, Infinity], { width: 20, height: 3 }).length, 3);
});

Deno.test("Terminal draws over what was drawn, and writes lines above it", () => {
  const { text, ...screens } = keptScreens(true);
  const terminal = new Terminal(screens);
  terminal.draw(["a", "b"]);
  terminal.print("line");
  terminal.draw(["x".repeat(200)]);
  assert.equal(text.out, `a\nb\n\x1b[2A\x1b[Jline\n${"x".repeat(79)}\n`);
  assert.equal(plain("a\x1b[31m\nb"), "a [31m b");
});
