/** Makes a client with one generator, compiles it and runs a program with it. */
import { join } from "node:path";
import type { Generator } from "./generators.ts";

/** Where a generator works, and what on. */
export interface Place {
  /** Its own, which is not there yet. */
  folder: string;
  /** Path of the OpenAPI document. */
  document: string;
  /** Folder of the programs. */
  programs: string;
  /** The server that the program asks. */
  url: string;
}

/** The first command that a generator needs and the machine has not; null where all are there. */
export async function missingOf({ needs }: Generator): Promise<string | null> {
  for (const [command, ...args] of needs) {
    try {
      const { success } = await new Deno.Command(command!, { args, stdout: "null", stderr: "null" }).output();
      if (!success) return command!;
    } catch {
      return command!;
    }
  }
  return null;
}

/** @returns what the program printed @throws Error with what a step printed that failed */
export async function checkGenerator(generator: Generator, place: Place): Promise<string> {
  await Deno.mkdir(place.folder, { recursive: true });
  for (const [name, text] of Object.entries(generator.files ?? {})) {
    await Deno.writeTextFile(join(place.folder, name), text);
  }
  const program = join(place.folder, generator.program.as);
  await Deno.mkdir(join(program, ".."), { recursive: true });
  await Deno.copyFile(join(place.programs, generator.program.file), program);
  let printed = "";
  for (const [command, ...args] of generator.steps(place)) {
    const { success, stdout, stderr } = await new Deno.Command(command!, {
      args,
      cwd: place.folder,
      env: generator.env?.(place),
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
    if (!success) throw new Error(`${[command, ...args].join(" ")}\n${out}\n${err}`.slice(0, 8000));
    printed = out!;
  }
  const { job, bytes } = JSON.parse(printed.split("\n").at(-1)!);
  if (!/^job_/.test(job) || !(bytes > 1000)) throw new Error(`The program printed ${printed}`);
  return printed.split("\n").at(-1)!;
}
