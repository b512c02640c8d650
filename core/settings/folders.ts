/** Which folders the environment names. Apart from the other settings, as what starts the server must know them first. */
import { resolve } from "node:path";

/** The server's data. */
export function dataFolder(text: string | undefined): string {
  return resolve(text || "./data");
}

/** Folders of models, in the order they are searched. */
export function modelFolders(text: string | undefined): string[] {
  return (text ?? "").split(":").map((part) => part.trim()).filter(Boolean).map((path) => resolve(path));
}
