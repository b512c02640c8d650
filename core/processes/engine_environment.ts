/**
 * Which variables of the server's environment an engine process gets. Whatever is not named here may be a secret of
 * somebody's, and stays with the server.
 */

/** Names, or what they begin with before a `*`, and what for. */
export const ENGINE_VARIABLES: Readonly<Record<string, string>> = {
  PATH: "Deno finds itself, and Windows its libraries",
  HOME: "Deno's cache, where nothing else names it",
  DENO_DIR: "Deno's cache",
  DENO_NO_UPDATE_CHECK: "Deno asks nobody for a newer Deno",
  XDG_CACHE_HOME: "Deno's cache",
  NPM_CONFIG_REGISTRY: "where packages come from, in a clone that has none yet",
  DENO_CERT: "whom to trust for packages",
  DENO_TLS_CA_STORE: "whom to trust for packages",
  NODE_EXTRA_CA_CERTS: "whom to trust for packages",
  "SSL_CERT_*": "whom to trust for packages",
  TMPDIR: "files that are not finished",
  TEMP: "the same on Windows",
  TMP: "the same on Windows",
  SYSTEMROOT: "Windows' own libraries",
  USERPROFILE: "Deno's cache on Windows",
  LOCALAPPDATA: "Deno's cache on Windows",
  LANG: "how the system writes its messages",
  "LC_*": "how the system writes its messages",
  TZ: "times in the log",
  NO_COLOR: "messages of Deno's",
  LOG_LEVEL: "which lines are logged",
  THREADS: "threads of the runtime",
  DEVICE: "where models run",
  ORT_LIBRARY: "which runtime",
  INEXACT_INT8: "which forms of 8-bit weights are taken for inexact, in tests",
  DATA_DIR: "tells whose engine a process is",
  "OTEL_*": "where traces go, and what is let in there: an engine sends its own",
  LD_LIBRARY_PATH: "where CUDA's libraries are",
  LD_PRELOAD: "another allocator",
  MPI_LIBRARY: "which MPI, in a job of several processes",
  REPLICA_TIMEOUT_S: "how long such a process may wait for the others",
  "SLURM_*": "where Slurm is",
  "MPICH_*": "settings of MPI",
  "I_MPI_*": "settings of MPI",
  "HYDRA_*": "settings of mpiexec",
  "UCX_*": "which network MPI uses",
  "FI_*": "which network MPI uses",
  "MALLOC_*": "settings of the allocator",
  "DYLD_*": "where libraries are on macOS",
  "CUDA_*": "which GPUs, and how CUDA works",
  "NVIDIA_*": "which GPUs of a container",
  "CUDNN_*": "how cuDNN works",
};

const names = new Set(Object.keys(ENGINE_VARIABLES).filter((name) => !name.endsWith("*")));
const prefixes = Object.keys(ENGINE_VARIABLES).filter((name) => name.endsWith("*"))
  .map((name) => name.slice(0, -1));

/** The variables of `environment` that an engine may know; those that are empty count as not set. */
export function engineEnvironment(environment: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => {
      // Windows writes names in either case.
      const known = Deno.build.os === "windows" ? name.toUpperCase() : name;
      return value !== "" && (names.has(known) || prefixes.some((prefix) => known.startsWith(prefix)));
    }),
  );
}
