import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  checkListed,
  readCheckpoint,
  removeLeftovers,
  writeCheckpoint,
} from "../../../core/formats/checkpoint_folder.ts";
import { makeFolder } from "../../../core/formats/atomic_file.ts";
import { checkFile, openChecked } from "../../../core/formats/checked_file.ts";
import { inFolder } from "../networks/in_folder.ts";
import { newVersion } from "./new_version.ts";

/** Where packages have their versions. */
const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));

const bytes = (text: string) => new TextEncoder().encode(text);
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const listed = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("writeCheckpoint() writes every file, its size and hash, and nothing else", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "step-1");
    const files = await writeCheckpoint(folder, {
      "b.bin": [bytes("he"), bytes("llo")],
      "a.json": [bytes("{}")],
    }, { step: 1 });
    assert.deepEqual(files, [
      { name: "a.json", bytes: 2, sha256: sha256("{}") },
      { name: "b.bin", bytes: 5, sha256: sha256("hello") },
    ]);
    assert.deepEqual(listed(folder), ["a.json", "b.bin", "checkpoint.json"]);
    assert.deepEqual(listed(parent), ["step-1"]);
    const { sha256: _, ...manifest } = await readCheckpoint(folder);
    assert.deepEqual(manifest, { files, facts: { step: 1 } });
    await writeCheckpoint(folder, { "c.bin": [bytes("new")] }, { step: 2 });
    assert.deepEqual(listed(folder), ["c.bin", "checkpoint.json"]);
    assert.deepEqual(listed(parent), ["step-1"]);
  }));

Deno.test("makeFolder() makes what is missing above, and is content with what is there", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "a", "b", "c");
    await makeFolder(folder);
    await makeFolder(folder);
    assert.ok(Deno.statSync(folder).isDirectory);
  }));

Deno.test("readCheckpoint() names the file that was changed, cut short or lost", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "c");
    const write = () => writeCheckpoint(folder, { "w.bin": [bytes("hello")] });
    const faults: [() => Promise<void>, RegExp][] = [
      [() => Deno.writeTextFile(join(folder, "w.bin"), "hellO"), /w.bin is not what .* SHA-256/],
      [() => Deno.truncate(join(folder, "w.bin"), 3), /w.bin has 3 bytes: .* with 5/],
      [() => Deno.remove(join(folder, "w.bin")), /w.bin of the checkpoint is missing/],
      [
        async () => {
          await Deno.remove(join(folder, "w.bin"));
          await Deno.mkdir(join(folder, "w.bin"));
        },
        /w.bin of the checkpoint is not a file/,
      ],
      [
        async () => {
          const path = join(folder, "checkpoint.json");
          const text = await Deno.readTextFile(path);
          await Deno.writeTextFile(path, text.replace('"facts": {}', '"facts": {"epoch": 2}'));
        },
        /checkpoint.json is not what the checkpoint was written with/,
      ],
      [() => Deno.remove(folder, { recursive: true }), /no checkpoint.json/],
      [() => Deno.writeTextFile(join(folder, "checkpoint.json"), "{"), /checkpoint.json is not JSON/],
      [() => Deno.writeTextFile(join(folder, "checkpoint.json"), '{"format_version":9}'), /format_version 9/],
      [
        () =>
          Deno.writeTextFile(
            join(folder, "checkpoint.json"),
            '{"format_version":1,"facts":{},"files":[{"name":"../x","bytes":1,"sha256":""}]}',
          ),
        /does not list/,
      ],
      [() => Deno.remove(join(folder, "checkpoint.json")), /no checkpoint.json/],
    ];
    for (const [damage, message] of faults) {
      await write();
      await damage();
      await assert.rejects(readCheckpoint(folder), {
        name: "UserError",
        code: "damaged_checkpoint",
        message,
      });
    }
    await write();
    await Deno.remove(join(folder, "w.bin"));
    await assert.rejects(checkListed(folder, [{ name: "w.bin", bytes: 5, sha256: sha256("hellO") }]), {
      code: "damaged_checkpoint",
    });
    assert.equal((await readCheckpoint(folder, { verify: false })).files.length, 1);
  }));

Deno.test("a file is hashed once per version, and a change of the same size in the same second is another", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "c");
    const [file] = await writeCheckpoint(folder, { "w.bin": [bytes("hello")] });
    const path = join(folder, "w.bin");
    const { read } = Deno.FsFile.prototype;
    let reads = 0;
    Deno.FsFile.prototype.read = function (buffer) {
      reads++;
      return read.call(this, buffer);
    };
    try {
      await Promise.all([checkFile(folder, file!), checkFile(folder, file!)]);
      const once = reads;
      await checkFile(folder, file!);
      assert.equal(reads, once);
    } finally {
      Deno.FsFile.prototype.read = read;
    }
    for (
      const write of [
        () => Deno.writeTextFile(path, "hellO"),
        async () => {
          await Deno.writeTextFile(join(parent, "other"), "jello");
          await Deno.rename(join(parent, "other"), path);
        },
      ]
    ) {
      await newVersion(path, write);
      await assert.rejects(checkFile(folder, file!), { code: "damaged_checkpoint", message: /SHA-256/ });
    }
    await newVersion(path, () => Deno.writeTextFile(path, "hello"));
    using opened = await openChecked(folder, file!);
    assert.equal(await new Response(opened.readable).text(), "hello");
  }));

Deno.test({
  name: "a pipe in place of a checkpoint's file is refused without waiting for who might write to it",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (parent) => {
      for (const name of ["w.bin", "checkpoint.json"]) {
        const folder = join(parent, name);
        await writeCheckpoint(folder, { "w.bin": [bytes("hello")] });
        await Deno.remove(join(folder, name));
        await new Deno.Command("mkfifo", { args: [join(folder, name)] }).output();
        await assert.rejects(readCheckpoint(folder), { code: "damaged_checkpoint", message: /not a file/ });
      }
    }),
});

Deno.test("a write that fails leaves the old checkpoint and no traces; one that was killed leaves only leftovers", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "c");
    await writeCheckpoint(folder, { "w.bin": [bytes("old")] });
    function* failing() {
      yield bytes("new");
      throw new Error("the disk is full");
    }
    await assert.rejects(writeCheckpoint(folder, { "w.bin": failing() }), /disk is full/);
    assert.deepEqual(listed(parent), ["c"]);
    assert.equal((await readCheckpoint(folder)).files[0]?.sha256, sha256("old"));
    await assert.rejects(writeCheckpoint(join(parent, "d"), { "../w.bin": [] }), RangeError);
    await assert.rejects(writeCheckpoint(join(parent, "d"), { "checkpoint.json": [] }), RangeError);

    // A writer killed in the middle of its second chunk.
    const program = `
      import { writeCheckpoint } from ${
      JSON.stringify(new URL("../../../core/formats/checkpoint_folder.ts", import.meta.url).href)
    };
      await writeCheckpoint(Deno.args[0], { "w.bin": (function* () { yield new Uint8Array(10); Deno.kill(Deno.pid, "SIGKILL"); })() });`;
    const script = join(parent, "killed.ts");
    await Deno.writeTextFile(script, program);
    const { signal } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-lock", "--config", CONFIG, script, folder],
    }).output();
    assert.equal(signal, "SIGKILL");
    assert.equal(listed(parent).length, 3);
    assert.equal((await readCheckpoint(folder)).files[0]?.sha256, sha256("old"));
    await removeLeftovers(parent);
    assert.deepEqual(listed(parent), ["c", "killed.ts"]);
  }));
