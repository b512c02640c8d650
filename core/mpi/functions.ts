/**
 * What is called of MPI, by the standard ABI of MPI 5.0 (libmpi_abi.so.1: MPICH 5, Intel MPI 2021.16, Open MPI 6), whose
 * handles are small constants in 64-bit words (MPI 5.0 standard, chapter 20 and appendix A).
 */

/** A handle: a communicator, a type, an operation. */
const HANDLE = "u64";

export const FUNCTIONS = {
  MPI_Init_thread: { parameters: ["pointer", "pointer", "i32", "buffer"], result: "i32" },
  MPI_Comm_rank: { parameters: [HANDLE, "buffer"], result: "i32" },
  MPI_Comm_size: { parameters: [HANDLE, "buffer"], result: "i32" },
  MPI_Comm_set_errhandler: { parameters: [HANDLE, HANDLE], result: "i32" },
  MPI_Get_library_version: { parameters: ["buffer", "buffer"], result: "i32" },
  MPI_Error_string: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  MPI_Abort: { parameters: [HANDLE, "i32"], result: "i32" },
  // These wait for others: a thread of their own, so that timers and stdin go on.
  MPI_Barrier: { parameters: [HANDLE], result: "i32", nonblocking: true },
  MPI_Allreduce: {
    parameters: [HANDLE, "buffer", "i32", HANDLE, HANDLE, HANDLE],
    result: "i32",
    nonblocking: true,
  },
  MPI_Allgatherv: {
    parameters: ["buffer", "i32", HANDLE, "buffer", "buffer", "buffer", HANDLE, HANDLE],
    result: "i32",
    nonblocking: true,
  },
  MPI_Finalize: { parameters: [], result: "i32", nonblocking: true },
} as const satisfies Deno.ForeignLibraryInterface;

export const COMM_WORLD = 0x101n;
export const ERRORS_RETURN = 0x143n;
export const IN_PLACE = 1n;
export const SUM = 0x21n;
export const FLOAT = 0x210n;
export const DOUBLE = 0x214n;
export const BYTE = 0x247n;
/** Not 0 to 3, as in ABIs of before. */
export const THREAD_MULTIPLE = 4096;
/** MPI_MAX_LIBRARY_VERSION_STRING is 8192, MPI_MAX_ERROR_STRING 512. */
export const MAX_TEXT = 8192;
