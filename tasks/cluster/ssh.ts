/** `LAUNCHER=mpiexec` on hosts that it reaches by ssh. */
import { join } from "node:path";
import { done } from "./hosts.ts";
import { installPackages, missingPrograms, type Place } from "./place.ts";

export const SSH: Place = {
  missing: () => missingPrograms({ "ssh": "openssh-client", "/usr/sbin/sshd": "openssh-server" }),
  install: () => installPackages("openssh-client", "openssh-server"),
  async start(_head, workers, folder) {
    const [key, client] = [join(folder, "key"), join(folder, "ssh")];
    await done("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key);
    const server = [
      `HostKey ${key}`,
      `AuthorizedKeysFile ${key}.pub`,
      "PidFile none",
      "StrictModes no",
      "UsePAM no",
      // A host that is gone is given up after as long.
      "ClientAliveInterval 5",
      "ClientAliveCountMax 3",
    ];
    await Deno.writeTextFile(join(folder, "sshd_config"), server.join("\n") + "\n");
    const options = [
      "StrictHostKeyChecking=no",
      "UserKnownHostsFile=/dev/null",
      "LogLevel=ERROR",
      "BatchMode=yes",
    ];
    const waits = ["ConnectTimeout=5", "ServerAliveInterval=5", "ServerAliveCountMax=3"];
    const flags = [...options, ...waits].map((option) => `-o ${option}`).join(" ");
    await Deno.writeTextFile(client, `#!/bin/sh\nexec ssh -F none -i ${key} ${flags} "$@"\n`, {
      mode: 0o755,
    });
    for (const worker of workers) {
      worker.daemon("sshd", ["/usr/sbin/sshd", "-D", "-e", "-f", join(folder, "sshd_config")]);
    }
    const names = workers.map(({ name }) => name).join(",");
    return {
      env: {
        LAUNCHER: "mpiexec",
        LAUNCHER_ARGS: `-launcher ssh -launcher-exec ${client} -hosts ${names} -ppn 1`,
      },
      queue: () => Promise.resolve(""),
    };
  },
};
