/** Models of a server: listed, shown, brought from the hub, removed. */
import type { Client, Json } from "./client.ts";
import type { Command, Given } from "./command.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { plain, table } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";

const POLL_MS = 500;
const BAR = 30;

export const models: Command = {
  words: "[pull NAME | show NAME | delete NAME]",
  what: "List models, or bring one from the hub, such as Qwen/Qwen3-0.6B",
  takes: [0, 2],
  options: {
    revision: { type: "string", value: "REVISION", what: "of pull: a branch, tag or commit (main)" },
  },
  async run(given) {
    const [verb = "list", name] = given.words;
    const act = Object.hasOwn(VERBS, verb) ? VERBS[verb as keyof typeof VERBS] : undefined;
    if (!act) throw new UsageError(`Expected pull, show or delete, got '${verb}'`);
    if (verb !== "list" && name === undefined) throw new UsageError(`Expected a model's name after ${verb}`);
    return await act(given, name ?? "");
  },
};

const VERBS = { list, pull, show, delete: remove };

const pathOf = (name: string) => `/v1/models/${encodeURIComponent(name)}`;

async function list({ client, terminal, json }: Given): Promise<ExitCode> {
  const answer = await client.call("GET", "/v1/models");
  if (json) terminal.json(answer);
  else {
    const rows = answer.data.map((model: Json) => [
      plain(model.id),
      stateOf(model),
      plain(model.model_type ?? "–"),
      model.parameters === undefined ? "–" : millions(model.parameters),
      model.context === undefined ? "–" : String(model.context),
    ]);
    const head = ["model", "status", "type", "parameters", "context"];
    for (const line of table([head, ...rows])) terminal.print(line);
  }
  return EXIT.done;
}

async function show({ client, terminal }: Given, name: string): Promise<ExitCode> {
  terminal.json(await client.call("GET", pathOf(name)));
  return EXIT.done;
}

async function remove({ client, terminal, json }: Given, name: string): Promise<ExitCode> {
  await client.call("DELETE", pathOf(name));
  if (json) terminal.json({ id: name, deleted: true });
  else terminal.print(`${name} deleted`);
  return EXIT.done;
}

/** Waits until the model is ready; without a word where it is already. */
async function pull({ client, terminal, options, json }: Given, name: string): Promise<ExitCode> {
  const revision = options.text("revision");
  const body = { hub_id: name, ...(revision !== undefined && { revision }) };
  let model = await client.call("POST", "/v1/models", { body });
  while (["queued", "downloading"].includes(model.status)) {
    if (terminal.out.isTerminal && !json) terminal.draw([bar(model)]);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    model = await known(client, model.id);
  }
  if (json) terminal.json(model);
  else if (model.status === "ready") terminal.print(`${model.id} is ready`);
  else terminal.note(`error: ${model.id} is ${model.status}: ${plain(model.problem?.detail)}`);
  return model.status === "ready" ? EXIT.done : EXIT.refused;
}

const known = (client: Client, id: string) => client.call("GET", pathOf(id));

function bar({ id, status, download }: Json): string {
  const { bytes = 0, total_bytes = 0 } = download ?? {};
  const done = total_bytes > 0 ? Math.round(BAR * bytes / total_bytes) : 0;
  const size = total_bytes > 0 ? ` ${megabytes(bytes)} of ${megabytes(total_bytes)}` : "";
  return `${"█".repeat(done)}${"░".repeat(BAR - done)} ${plain(id)}: ${status}${size}`;
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

function millions(parameters: number): string {
  return parameters >= 1e9 ? `${(parameters / 1e9).toFixed(1)}B` : `${(parameters / 1e6).toPrecision(3)}M`;
}

function stateOf({ status, problem }: Json): string {
  return problem ? `${status}: ${problem.code}` : status;
}
