/** What changes a job: the verbs of the API, a command each. */
import { jobPath } from "./client.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit_codes.ts";

function verb(name: string, what: string): Command {
  return {
    words: "JOB…",
    what,
    takes: [1, Infinity],
    async run({ client, terminal, words, json }) {
      for (const id of words) {
        const job = await client.call("POST", jobPath(id, `/${name}`));
        if (json) terminal.json(job);
        else terminal.print(`${job.id} ${job.status}`);
      }
      return EXIT.done;
    },
  };
}

export const pause = verb("pause", "Pause jobs after their step, each with a checkpoint");
export const resume = verb("resume", "Give paused jobs back to the queue");
export const cancel = verb("cancel", "Cancel jobs");

export const remove: Command = {
  words: "JOB…",
  what: "Delete jobs that are over, with everything of them",
  takes: [1, Infinity],
  async run({ client, terminal, words, json }) {
    for (const id of words) {
      await client.call("DELETE", jobPath(id));
      if (json) terminal.json({ id, deleted: true });
      else terminal.print(`${id} deleted`);
    }
    return EXIT.done;
  },
};
