/** The command line against a real server. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServer } from "../../../tasks/start_server.ts";
import { COMMANDS } from "../../../tasks/cli/run_command.ts";
import { inFolder } from "../../core/networks/in_folder.ts";
import { run } from "./screens.ts";

const CLI = fileURLToPath(new URL("../../../cli.ts", import.meta.url));
const KEY = "a-key-for-the-command-line";

const JOB = {
  ...{ kind: "ppo", model: "tiny", epochs: 3, prompts: ["POST: A cat.\nTL;DR:", "POST: A dog.\nTL;DR:"] },
  ppo: { batch_size: 4, max_new_tokens: 8, learning_rate: 0.001 },
  reward: { type: "length", target: 8 },
  metadata: { experiment: "line" },
};

Deno.test("the command line trains, follows, lists, generates, scores and exports on a server", async (t) => {
  const server = await startServer({ API_KEYS: KEY });
  const env = { PROXIMAL_URL: server.url, PROXIMAL_API_KEY: KEY };
  try {
    await inFolder(async (folder) => {
      const file = join(folder, "job.json");
      await Deno.writeTextFile(file, JSON.stringify(JOB));
      const ok = async (args: string[], more = {}) => {
        const ran = await run(args, env, more);
        assert.equal(ran.code, 0, `${args.join(" ")}: ${ran.err}`);
        return ran.out;
      };
      let job = "", checkpoint = "";

      await t.step("train --dry-run says what a job needs and starts none", async () => {
        const out = await ok(["train", file, "--dry-run", "--set", "epochs=5"]);
        assert.match(out, /^5 steps over 2 prompts\nabout [\d.]+ GiB/);
        assert.equal(await ok(["jobs", "--json"]), "[]\n");
      });

      await t.step("train --follow tells of each epoch and of what came of it", async () => {
        const out = await ok(["train", "--follow", file, "--set", "metadata.by=me"]);
        assert.equal([...out.matchAll(/^epoch \d of 3, step \d of 3.*reward/gm)].length, 3, out);
        assert.match(out, /^succeeded after 3 steps in .*objective\/scores .* → /m);
        checkpoint = /^checkpoint (ckpt_\w+)$/m.exec(out)![1]!;
      });

      await t.step("jobs lists, filters and shows", async () => {
        const [found] = JSON.parse(await ok(["jobs", "--metadata", "by=me", "--model", "tiny", "--json"]));
        job = found.id;
        assert.equal(found.metadata.experiment, "line");
        assert.match(await ok(["jobs"]), new RegExp(`^job +status.*\n${job} +succeeded +ppo +tiny +3/3`));
        assert.match(await ok(["jobs", job]), /succeeded\nstep 3 of 3.*objective\/kl/s);
        assert.equal(await ok(["jobs", "--metadata", "by=you"]), "");
      });

      await t.step(
        "follow shows a bar and a curve in a terminal, and events as lines with --json",
        async () => {
          const drawn = await ok(["follow", job], { isTerminal: true });
          const last = drawn.split("\x1b[J").at(-1)!;
          assert.match(last, /^objective\/scores by step\n[^\n]*│ *[⠁-⣿]/);
          assert.match(last, /█{30} succeeded: step 3 of 3, epoch 3 of 3\nreward /);
          const events = (await ok(["follow", job, "--json"])).trim().split("\n").map((line) =>
            JSON.parse(line)
          );
          assert.deepEqual([events[0].type, events.at(-1).type], [
            "training_job.queued",
            "training_job.succeeded",
          ]);
        },
      );

      await t.step("logs, metrics", async () => {
        assert.equal((await ok(["logs", job, "--tail", "1"])).split("\n").length, 2);
        assert.match(await ok(["logs", job, "--follow"]), /Job starts/);
        assert.match(await ok(["metrics", job, "--scope", "epoch"]), /^step,epoch,.*\r\n1,1,/);
        const path = join(folder, "metrics.parquet");
        await ok(["metrics", job, "--format", "parquet", "--output", path]);
        assert.equal(new TextDecoder().decode((await Deno.readFile(path)).slice(0, 4)), "PAR1");
        assert.equal((await run(["metrics", job, "--format", "parquet"], env)).code, 2);
      });

      await t.step("generate streams what the answer without a stream has", async () => {
        const asked = ["generate", "--job", job, "-t", "0", "--max-new-tokens", "12", "POST: A cow.\nTL;DR:"];
        const [{ text }] = JSON.parse(await ok([...asked, "--json"])).data;
        assert.equal(await ok(asked), `${text}\n`);
        const many = await ok(["generate", "--model", "tiny", "--n", "2", "--max-new-tokens", "2", "a", "b"]);
        assert.equal(many.match(/^--- prompt \d, text \d$/gm)!.length, 4);
        assert.match(await ok(["generate", "-c", checkpoint, "--chat", "Hello"]), /\n$/);
      });

      await t.step("score tells of a reward and of each token", async () => {
        const out = await ok([
          ...["score", "--checkpoint", checkpoint, "POST: A cow.\nTL;DR:", " cow?"],
          ...["--reward", '{"type":"regex","pattern":"\\\\?$"}'],
        ]);
        assert.match(out, /^reward 1 {2}logprob -.*\ntoken +logprob +kl_div +entropy +value\n" cow"|" c/);
      });

      await t.step("models lists, shows, and says why one cannot be had", async () => {
        assert.match(await ok(["models"]), /^tiny +ready +qwen3 +1\.41M +512$/m);
        assert.equal(JSON.parse(await ok(["models", "show", "tiny"])).status, "ready");
        const none = await run(["models", "pull", "not a name"], env);
        assert.equal(none.code, 1);
        assert.match(none.err, /hub_id: Expected org\/name/);
      });

      await t.step(
        "export brings files, leaves those that are there, and goes on with begun ones",
        async () => {
          const to = join(folder, "adapter");
          assert.equal(await ok(["export", job, "--output", to]), `${to}\n`);
          const names = [...Deno.readDirSync(to)].map(({ name }) => name).sort();
          assert.deepEqual(names.slice(0, 2), ["adapter_config.json", "adapter_model.safetensors"]);
          const weights = join(to, "adapter_model.safetensors");
          const bytes = await Deno.readFile(weights);
          await Deno.remove(weights);
          await Deno.writeFile(`${weights}.part`, bytes.slice(0, 1000));
          const again = await run(["export", checkpoint, "--output", to], env);
          assert.match(again.err, /^went on at 1000 bytes: adapter_model\.safetensors, \d+ bytes\n$/);
          assert.deepEqual(await Deno.readFile(weights), bytes);
          // What was begun of another file is not gone on with.
          await Deno.remove(weights);
          await Deno.writeFile(`${weights}.part`, new Uint8Array(1000));
          const other = await run(["export", checkpoint, "--output", to], env);
          assert.equal(other.code, 1);
          assert.match(other.err, /did not come as it was listed/);
          await ok(["export", checkpoint, "--output", to]);
          assert.deepEqual(await Deno.readFile(weights), bytes);
        },
      );

      await t.step(
        "pause, resume, cancel and delete; a job that is cancelled ends following with 3",
        async () => {
          const long = (await ok(["train", file, "--set", "epochs=10000"])).trim();
          const following = run(["follow", long], env);
          assert.match(await ok(["pause", long]), new RegExp(`^${long} paus`));
          assert.equal((await run(["delete", long], env)).code, 1);
          assert.match(await ok(["cancel", long]), new RegExp(`^${long} cancel`));
          const followed = await following;
          assert.equal(followed.code, 3);
          assert.match(followed.out, /^cancelled after/m);
          assert.equal(await ok(["delete", long]), `${long} deleted\n`);
          const resumed = await run(["resume", job], env);
          assert.deepEqual([resumed.code, /\(wrong_state\)/.test(resumed.err)], [1, true]);
        },
      );

      await t.step("Ctrl-C leaves a job that goes on, and says how to come back", async () => {
        const id = (await ok(["train", file, "--set", "epochs=10000"])).trim();
        const child = new Deno.Command(Deno.execPath(), {
          args: [
            "run",
            "--no-check",
            "--allow-net",
            "--allow-env",
            "--allow-read",
            "--allow-write",
            CLI,
            "follow",
            id,
          ],
          ...{ env, stdout: "piped", stderr: "piped" },
        }).spawn();
        const err = new Response(child.stderr).text();
        const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
        assert.match((await reader.read()).value!, /^(epoch|warning) /);
        child.kill("SIGINT");
        reader.releaseLock();
        assert.equal((await child.status).code, 130);
        assert.match(await err, new RegExp(`come back: proximal follow ${id}`));
        assert.equal(JSON.parse(await ok(["jobs", id, "--json"])).status, "running");
        await ok(["cancel", id]);
      });

      await t.step("what the server refuses is said with its fields, and as JSON for programs", async () => {
        const bad = ["train", file, "--set", "ppo.batch_size=-1", "--set", "ppo.gamma=2"];
        const ran = await run(bad, env);
        assert.equal(ran.code, 1);
        assert.match(ran.err, /^error: .*ppo\.batch_size.*\(invalid_request\)\n {2}ppo\.gamma: /);
        const { errors } = JSON.parse((await run([...bad, "--json"], env)).err);
        assert.equal(errors.length, 2);
        const keyless = await run(["jobs"], { PROXIMAL_URL: server.url });
        assert.deepEqual([keyless.code, /PROXIMAL_API_KEY/.test(keyless.err)], [1, true]);
      });
    });
  } finally {
    await server.stop();
  }
});

Deno.test("a command line that is wrong is told of before any server is asked, with 2", async () => {
  const nowhere = { PROXIMAL_URL: "http://127.0.0.1:9" };
  for (
    const [args, said] of [
      [["frob"], /'frob' is no command/],
      [["train"], /Expected proximal train FILE/],
      [["train", "no-such-file.json"], /there is no such file/],
      [["train", "{]"], /Expected a job as JSON in the argument/],
      [["train", "{}", "--set", "epochs"], /Expected --set FIELD=VALUE/],
      [["jobs", "--frob"], /Unknown option '--frob'/],
      [["jobs", "--limit", "many"], /Expected a number as --limit/],
      [["jobs", "a", "b"], /got 2 arguments/],
      [["generate", "a"], /Expected --model, --checkpoint or --job/],
      [["models", "frob"], /Expected pull, show or delete/],
      [["models", "pull"], /Expected a model's name/],
      [["export", "ckpt_x", "--format", "zip"], /Expected --format to be one of/],
      [["jobs", "--url", "ftp://x"], /Expected --url such as/],
    ] as const
  ) {
    const ran = await run([...args], nowhere);
    assert.equal(ran.code, 2, args.join(" "));
    assert.match(ran.err, said);
    assert.equal(ran.out, "");
  }
  assert.equal((await run(["jobs"], { PROXIMAL_URL: "nonsense" })).code, 2);
  const none = await run(["jobs"], { PROXIMAL_URL: "http://127.0.0.1:9" });
  assert.deepEqual([none.code, /No server answers at http:\/\/127\.0\.0\.1:9/.test(none.err)], [1, true]);
});

Deno.test("help names every command, and each command its options", async () => {
  const { code, out } = await run(["help"]);
  assert.equal(code, 0);
  for (const [name, { options = {} }] of Object.entries(COMMANDS)) {
    assert.match(out, new RegExp(`^ {2}${name} `, "m"));
    const own = await run([name, "--help"]);
    assert.equal(own.code, 0);
    assert.equal((await run(["help", name])).out, own.out);
    for (const option of [...Object.keys(options), "json", "url"]) assert.ok(own.out.includes(`--${option}`));
  }
  assert.equal((await run([])).code, 2);
});
