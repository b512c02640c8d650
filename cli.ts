#!/usr/bin/env -S deno run --allow-net --allow-env --allow-read --allow-write
/** `proximal`, a command line for a running server. Each command is a file of `tasks/cli/`; docs/cli.md tells of them. */
import { runCommand } from "./tasks/cli/run_command.ts";

if (import.meta.main) Deno.exit(await runCommand(Deno.args, Deno.env.toObject()));
