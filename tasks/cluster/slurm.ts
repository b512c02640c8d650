/** `LAUNCHER=slurm`: Debian's Slurm, with its controller beside the server and a daemon on each host. */
import { join } from "node:path";
import { installPackages, missingPrograms, type Place, until } from "./place.ts";

/** After how many seconds of silence a host counts as lost. */
const LOST_S = 30;

export const SLURM: Place = {
  missing: () =>
    missingPrograms({ srun: "slurm-wlm", slurmctld: "slurm-wlm", slurmd: "slurm-wlm", munged: "munge" }),
  install: () => installPackages("slurm-wlm", "munge"),
  async start(head, workers, folder) {
    const file = (name: string) => join(folder, name);
    const names = workers.map(({ name }) => name).join(",");
    const lines = [
      ...[
        "ClusterName=check",
        `SlurmctldHost=${head.name}(${head.address})`,
        "SlurmUser=root",
        "SlurmdUser=root",
      ],
      ...["AuthType=auth/munge", "CryptoType=crypto/munge", `StateSaveLocation=${file("state")}`],
      ...[
        `SlurmdSpoolDir=${file("spool-%n")}`,
        "SlurmctldPidFile=/run/slurmctld.pid",
        "SlurmdPidFile=/run/slurmd.pid",
      ],
      ...["ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "SelectType=select/cons_tres"],
      ...["SelectTypeParameters=CR_Core", "ReturnToService=2", `SlurmdTimeout=${LOST_S}`, "KillWait=2"],
      ...workers.map(({ name, address }) => `NodeName=${name} NodeAddr=${address} CPUs=1 State=UNKNOWN`),
      `PartitionName=main Nodes=${names} Default=YES MaxTime=INFINITE State=UP`,
    ];
    await Deno.mkdir(file("state"));
    await Deno.writeTextFile(file("slurm.conf"), lines.join("\n") + "\n");
    await Deno.writeFile(file("munge.key"), crypto.getRandomValues(new Uint8Array(1024)), { mode: 0o400 });
    const env = { SLURM_CONF: file("slurm.conf") };
    for (const host of [head, ...workers]) {
      const options = [
        "--key-file",
        file("munge.key"),
        "--log-file",
        "/run/munge/log",
        "--seed-file",
        "/run/munge/seed",
      ];
      host.daemon("munged", [
        "munged",
        "--foreground",
        "--force",
        "--pid-file",
        "/run/munge/pid",
        ...options,
      ]);
    }
    for (const host of [head, ...workers]) {
      await until(`munged on ${host.name}`, 20, () => host.done("munge", "-n").then(Boolean, () => false));
    }
    head.daemon("slurmctld", ["slurmctld", "-D"], env);
    for (const worker of workers) worker.daemon("slurmd", ["slurmd", "-D", "-N", worker.name], env);
    const ask = (...command: string[]) => head.done("env", `SLURM_CONF=${file("slurm.conf")}`, ...command);
    await until("Slurm's hosts to be idle", 60, async () => {
      const states = await ask("sinfo", "-h", "-N", "-o", "%t").catch(() => "");
      return states.trim().split("\n").filter((state) => state === "idle").length === workers.length;
    });
    return {
      env: { LAUNCHER: "slurm", LAUNCHER_ARGS: "--ntasks-per-node=1", SLURM_CONF: file("slurm.conf") },
      queue: async () => (await ask("squeue", "-h", "-o", "%i %t %R")).trim(),
    };
  },
};
