/** Sessions of a base by name: each graph is built and loaded once. */
import type { Artifact } from "../../kernels/graph/artifact.ts";
import type { Session } from "../ort/session.ts";
import type { SessionOptions } from "../ort/session_options.ts";
import type { BaseModel } from "../weights/base_model.ts";
import { type WorkerOptions, workerOptions } from "./workers.ts";

/** Sessions of one base, made when first asked for and kept. */
export class SessionCache {
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(readonly base: BaseModel) {}

  /** The session of this name for that worker, or for all; `artifact` builds its graph the first time. */
  get(
    name: string,
    artifact: () => Artifact,
    { worker, ...options }: SessionOptions & WorkerOptions = {},
  ): Promise<Session> {
    const key = `${name}@${worker}`;
    const known = this.#sessions.get(key);
    if (known) return known;
    const made = this.base.session(artifact(), options);
    this.#sessions.set(key, made);
    made.catch(() => this.#sessions.delete(key)); // what was wrong may be put right
    return made;
  }

  /** The session of this name for each of `count` workers, in order; the graph is built once. Workers may be kept `apart`. */
  forWorkers(
    count: number,
    name: string,
    artifact: () => Artifact,
    { apart, ...options }: SessionOptions & { apart?: boolean } = {},
  ): Promise<Session[]> {
    let built: Artifact | undefined;
    const once = () => built ??= artifact();
    return Promise.all(
      Array.from(
        { length: count },
        (_, index) => this.get(name, once, { ...options, ...workerOptions(index, count, this.base, apart) }),
      ),
    );
  }

  /** Frees every session, and with the last of a base its weights. */
  dispose(): void {
    for (const session of this.#sessions.values()) session.then((made) => made.dispose(), () => {});
    this.#sessions.clear();
  }
}
