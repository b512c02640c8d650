/**
 * Weights in formats that are not read. A pickle is a program: whoever opens one runs it, so none is opened here,
 * whatever the library that wrote it would do.
 */
import { UserError } from "../errors.ts";

const PICKLE = /\.(bin|pt|pth|ckpt|pkl|pickle)(\.index\.json)?$/;

/** @throws {UserError} `unsupported_model` for a name that is a pickle's, which `instead` is wanted for */
export function refusePickle(name: string, instead: string): void {
  if (!PICKLE.test(name)) return;
  throw new UserError(
    "unsupported_model",
    `${name} is a pickle, which runs what it holds: save the weights as ${instead}`,
  );
}

/** @throws {UserError} `unsupported_model` when a folder without what is `instead` wanted holds a pickle */
export async function refusePickles(folder: string, instead: string): Promise<void> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) if (PICKLE.test(name)) names.push(name);
  } catch {
    return; // what is wrong with the folder, its reader says
  }
  // The plainest name is the one to tell of.
  names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  if (names[0] !== undefined) refusePickle(names[0], instead);
}
