/** The processes that a launcher has started together, as `Replicas`: MPI through Deno's FFI. */
import { deserialize, serialize } from "node:v8";
import { UserError } from "../errors.ts";
import type { Replicas, ReplicaSeconds } from "../replicas/replicas.ts";
import {
  BYTE,
  COMM_WORLD,
  DOUBLE,
  ERRORS_RETURN,
  FLOAT,
  FUNCTIONS,
  IN_PLACE,
  MAX_TEXT,
  SUM,
  THREAD_MULTIPLE,
} from "./functions.ts";

/** Counts are 32-bit integers. */
const MAX_COUNT = 2 ** 31 - 1;

type Symbols = Deno.DynamicLibrary<typeof FUNCTIONS>["symbols"];

function open(library: string): Symbols {
  try {
    return Deno.dlopen(library, FUNCTIONS).symbols;
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotCapable) throw thrown;
    throw new UserError(
      "runtime_unavailable",
      "MPI_LIBRARY: Expected libmpi_abi.so.1 of an MPI with MPI 5.0's standard ABI (MPICH 5, Intel MPI 2021.16 or " +
        `later), but it cannot be loaded: ${(thrown as Error).message}`,
    );
  }
}

export interface MpiOptions {
  /** How long a collective may take, waiting included. */
  timeoutMs: number;
  /**
   * Called when it has taken longer: an MPI never notices a host that is gone, so the others wait for it forever. Must end
   * the process.
   */
  onTimeout(collective: string): void;
}

export class Mpi implements Replicas {
  readonly rank: number;
  readonly size: number;
  /** The library's name and version. */
  readonly version: string;
  readonly #symbols: Symbols;
  readonly #options: MpiOptions;
  #seconds: ReplicaSeconds = { sum_s: 0, gather_s: 0, wait_s: 0 };

  /**
   * Joins the others that the launcher has started; once a process.
   * @param library the path of libmpi_abi.so.1
   * @throws {UserError} `runtime_unavailable` when it is no such library
   */
  constructor(library: string, options: MpiOptions) {
    this.#options = options;
    this.#symbols = open(library);
    const cell = new Int32Array(1);
    this.#check("MPI_Init_thread", this.#symbols.MPI_Init_thread(null, null, THREAD_MULTIPLE, cell));
    if (cell[0] !== THREAD_MULTIPLE) {
      throw new UserError(
        "runtime_unavailable",
        "MPI_LIBRARY: Expected an MPI that may be called by any thread",
      );
    }
    // Else an error ends the process before anybody can say what it was.
    const told = this.#symbols.MPI_Comm_set_errhandler(COMM_WORLD, ERRORS_RETURN);
    this.#check("MPI_Comm_set_errhandler", told);
    this.#check("MPI_Comm_rank", this.#symbols.MPI_Comm_rank(COMM_WORLD, cell));
    this.rank = cell[0]!;
    this.#check("MPI_Comm_size", this.#symbols.MPI_Comm_size(COMM_WORLD, cell));
    this.size = cell[0]!;
    const text = new Uint8Array(MAX_TEXT);
    this.#check("MPI_Get_library_version", this.#symbols.MPI_Get_library_version(text, cell));
    this.version = textOf(text, cell).split("\n")[0]!.trim();
  }

  async sum(data: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>): Promise<void> {
    await this.#wait();
    const type = data instanceof Float32Array ? FLOAT : DOUBLE;
    await this.#timed("sum_s", "MPI_Allreduce", async () => {
      for (let at = 0; at < data.length; at += MAX_COUNT) {
        const part = data.subarray(at, at + MAX_COUNT);
        const { MPI_Allreduce } = this.#symbols;
        // The constant IN_PLACE stands for the buffer to send.
        const code = await MPI_Allreduce(IN_PLACE, part, part.length, type, SUM, COMM_WORLD);
        this.#check("MPI_Allreduce", code);
      }
    });
  }

  /** @throws {RangeError} for more than 2 GiB in all */
  async gather<T>(mine: readonly T[]): Promise<T[]> {
    await this.#wait();
    return await this.#timed("gather_s", "MPI_Allgatherv", async () => {
      const bytes = new Uint8Array(serialize(mine));
      const lengths = new Float64Array(this.size);
      lengths[this.rank] = bytes.length;
      const { MPI_Allreduce, MPI_Allgatherv } = this.#symbols;
      const told = await MPI_Allreduce(IN_PLACE, lengths, this.size, DOUBLE, SUM, COMM_WORLD);
      this.#check("MPI_Allreduce", told);
      const offsets = Array.from(lengths, (_, rank) => lengths.subarray(0, rank).reduce((a, b) => a + b, 0));
      const total = offsets.at(-1)! + lengths.at(-1)!;
      if (total > MAX_COUNT) {
        throw new RangeError(`Rows of ${total} bytes in all are too many to bring together`);
      }
      const all = new Uint8Array(total);
      const counts = Int32Array.from(lengths), places = Int32Array.from(offsets);
      const code = await MPI_Allgatherv(bytes, bytes.length, BYTE, all, counts, places, BYTE, COMM_WORLD);
      this.#check("MPI_Allgatherv", code);
      return offsets.flatMap((offset, rank) =>
        deserialize(all.subarray(offset, offset + lengths[rank]!)) as T[]
      );
    });
  }

  takeSeconds(): ReplicaSeconds {
    const taken = this.#seconds;
    this.#seconds = { sum_s: 0, gather_s: 0, wait_s: 0 };
    return taken;
  }

  /** Leaves together with the others; nothing may be called afterwards. */
  async finalize(): Promise<void> {
    const code = await this.#timed("wait_s", "MPI_Finalize", () => this.#symbols.MPI_Finalize());
    this.#check("MPI_Finalize", code);
  }

  /** Ends the processes of all ranks, this one too, whatever they do. */
  abort(exitCode: number): void {
    this.#symbols.MPI_Abort(COMM_WORLD, exitCode);
  }

  /** Until all are here: what follows is then the collective's own time. */
  async #wait(): Promise<void> {
    const code = await this.#timed("wait_s", "MPI_Barrier", () => this.#symbols.MPI_Barrier(COMM_WORLD));
    this.#check("MPI_Barrier", code);
  }

  async #timed<T>(seconds: keyof ReplicaSeconds, name: string, work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const { timeoutMs, onTimeout } = this.#options;
    const timer = setTimeout(() => onTimeout(name), timeoutMs);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      this.#seconds[seconds] += (performance.now() - begun) / 1000;
    }
  }

  #check(name: string, code: number): void {
    if (code === 0) return;
    const text = new Uint8Array(MAX_TEXT), length = new Int32Array(1);
    this.#symbols.MPI_Error_string(code, text, length);
    throw new Error(`${name} failed: ${textOf(text, length)}`);
  }
}

function textOf(bytes: Uint8Array, length: Int32Array): string {
  return new TextDecoder().decode(bytes.subarray(0, length[0])).replace(/\0.*$/s, "");
}
