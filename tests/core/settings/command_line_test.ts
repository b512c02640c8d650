import assert from "node:assert/strict";
import { printedInstead } from "../../../core/settings/command_line.ts";
import { VARIABLES } from "../../../core/settings/settings.ts";
import { VERSION } from "../../../core/version.ts";

Deno.test("printedInstead() gives help with every variable, the version, or nothing", () => {
  assert.equal(printedInstead([]), null);
  for (const flag of ["--help", "-h"]) {
    const help = printedInstead([flag])!;
    for (const name of Object.keys(VARIABLES)) assert.match(help, new RegExp(`^  ${name} +\\S`, "m"));
    assert.ok(help.split("\n").every((line) => line.length <= 110));
  }
  for (const flag of ["--version", "-V"]) assert.equal(printedInstead([flag]), `proximal ${VERSION}\n`);
});

Deno.test("printedInstead() refuses arguments that are none", () => {
  for (const args of [["--hlep"], ["--port", "80"], ["x"], ["--help", "--foo"], [""], ["__proto__"]]) {
    assert.throws(() => printedInstead(args), {
      code: "invalid_request",
      message: /Cannot read the argument '.*--help/,
    });
  }
});
