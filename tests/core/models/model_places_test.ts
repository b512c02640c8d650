import assert from "node:assert/strict";
import { join } from "node:path";
import { listModels, resolveAdapter, resolveModel } from "../../../core/models/model_folder.ts";
import { checkModelRoots } from "../../../core/models/model_places.ts";
import { inFolder } from "../networks/in_folder.ts";
import { fixtureFolder } from "../networks/tiny_models.ts";

const MAIN = "a".repeat(40);
const OLD = "b".repeat(40);
const FILES = ["config.json", "generation_config.json", "tokenizer.json", "model.safetensors"];

/** A model as the hub's library lays it into its cache: snapshots are links to blobs. */
async function cache(hub: string, name: string, commits: readonly string[], refs: Record<string, string>) {
  const folder = join(hub, name);
  await Deno.mkdir(join(folder, "blobs"), { recursive: true });
  for (const file of FILES) {
    await Deno.copyFile(join(fixtureFolder("qwen3"), file), join(folder, "blobs", `hash-of-${file}`));
  }
  for (const commit of commits) {
    await Deno.mkdir(join(folder, "snapshots", commit), { recursive: true });
    for (const file of FILES) {
      await Deno.symlink(`../../blobs/hash-of-${file}`, join(folder, "snapshots", commit, file));
    }
  }
  for (const [ref, commit] of Object.entries(refs)) {
    const path = join(folder, "refs", ref);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, commit);
  }
  return folder;
}

const names = async (root: string) => (await listModels([root])).map(({ name }) => name);
const isReady = async (root: string) => (await listModels([root])).every(({ problem }) => problem === null);

Deno.test("a hub's cache is read from the hub folder, its parent, a model of it or a snapshot", () =>
  inFolder(async (parent) => {
    const hub = join(parent, "hub");
    const folder = await cache(hub, "models--acme--tiny", [MAIN, OLD], { main: MAIN, "refs/pr/1": OLD });
    await cache(hub, "models--gpt2", [OLD], { v1: OLD });
    await Deno.mkdir(join(hub, "datasets--acme--texts"));
    await Deno.mkdir(join(hub, ".locks"));
    const snapshot = await Deno.realPath(join(folder, "snapshots", MAIN));
    const pull = "acme/tiny@refs/pr/1";
    for (
      const [root, listed] of [
        [hub, ["acme/tiny", pull, "gpt2"]],
        [parent, ["acme/tiny", pull, "gpt2"]],
        [folder, ["acme/tiny", pull]],
        [join(folder, "snapshots"), ["acme/tiny", pull]],
        [join(folder, "snapshots", MAIN), ["acme/tiny"]],
      ] as const
    ) {
      assert.deepEqual(await names(root), listed);
      assert.ok(await isReady(root));
      for (const name of ["acme/tiny", "acme--tiny", "models--acme--tiny", `acme/tiny@${MAIN}`]) {
        assert.equal(await resolveModel([root], name), snapshot, name);
      }
      for (const name of ["Acme/tiny", "acme/Tiny", "tiny", "acme", "acme/tiny/", "acme/../tiny"]) {
        await assert.rejects(resolveModel([root], name), { code: "unknown_model" }, name);
      }
    }
    const old = await Deno.realPath(join(folder, "snapshots", OLD));
    for (const name of [pull, `acme/tiny@${OLD}`]) assert.equal(await resolveModel([hub], name), old);
  }));

Deno.test("a cached model whose download was not finished is in the list and says so", () =>
  inFolder(async (hub) => {
    const folder = await cache(hub, "models--acme--tiny", [OLD], { main: MAIN });
    const [main, old] = await listModels([hub]);
    assert.deepEqual([main?.name, old?.name], ["acme/tiny", `acme/tiny@${OLD}`]);
    assert.match(main!.problem!.detail, /no files of revision main.*not finished/);
    assert.equal(old?.problem, null);
    await assert.rejects(resolveModel([hub], "acme/tiny"), { code: "damaged_model" });
    await Deno.writeTextFile(join(folder, "refs", "main"), OLD);
    await Deno.remove(join(folder, "blobs", "hash-of-model.safetensors"));
    const [dangling] = await listModels([hub]);
    assert.equal(dangling?.problem?.code, "damaged_model");
    assert.match(dangling!.problem!.detail, /model\.safetensors/);
    assert.ok(!dangling!.problem!.detail.includes(hub));
    await Deno.remove(folder, { recursive: true });
    await Deno.mkdir(join(folder, "blobs"), { recursive: true });
    const [empty] = await listModels([hub]);
    assert.deepEqual([empty?.name, empty?.problem?.code], ["acme/tiny", "damaged_model"]);
  }));

Deno.test("adapters are found below a hub's name, and as a model of the cache", () =>
  inFolder(async (hub) => {
    const folder = await cache(hub, "models--acme--tiny", [MAIN], { main: MAIN });
    const snapshot = join(folder, "snapshots", MAIN);
    await Deno.mkdir(join(snapshot, "adapter"));
    await Deno.writeTextFile(join(snapshot, "adapter", "adapter_config.json"), "{}");
    const adapter = await Deno.realPath(join(snapshot, "adapter"));
    for (const path of ["acme/tiny/adapter", "acme--tiny/adapter", join(snapshot, "adapter")]) {
      assert.equal(await resolveAdapter([hub], path), adapter, path);
    }
    await Deno.writeTextFile(join(snapshot, "adapter_config.json"), "{}");
    assert.equal(await resolveAdapter([hub], "acme/tiny"), await Deno.realPath(snapshot));
    for (const path of ["acme/tiny/../tiny", "acme/tiny/adapter/..", "acme", "tiny/adapter"]) {
      await assert.rejects(resolveAdapter([hub], path), { code: "unknown_checkpoint" }, path);
    }
  }));

Deno.test("links directly in a root are followed, those where downloads land and those below are not", () =>
  inFolder(async (parent) => {
    const root = join(parent, "root");
    await Deno.mkdir(root);
    await Deno.symlink(fixtureFolder("qwen3"), join(root, "linked"));
    const real = await Deno.realPath(fixtureFolder("qwen3"));
    assert.deepEqual(await names(root), ["linked"]);
    assert.equal(await resolveModel([root], "linked"), real);
    assert.equal(await resolveAdapter([root], "linked/adapter"), join(real, "adapter"));
    const downloads = { folder: root, links: false } as const;
    assert.deepEqual(await listModels([downloads]), []);
    await assert.rejects(resolveModel([downloads], "linked"), { code: "unknown_model" });
    await assert.rejects(resolveAdapter([downloads], "linked/adapter"), { code: "unknown_checkpoint" });
    await Deno.mkdir(join(root, "own"));
    await Deno.symlink(join(real, "adapter"), join(root, "own", "adapter"));
    await assert.rejects(resolveAdapter([root], "own/adapter"), { code: "unknown_checkpoint" });
    await Deno.symlink(root, join(parent, "alias"));
    assert.equal(await resolveModel([join(parent, "alias")], "linked"), real);
  }));

Deno.test("a cached model that a link or a root calls otherwise is called so", () =>
  inFolder(async (parent) => {
    const folder = await cache(parent, "models--acme--tiny", [MAIN, OLD], { main: MAIN, v1: OLD });
    await Deno.mkdir(join(parent, "root"));
    await Deno.symlink(folder, join(parent, "root", "mine"));
    const snapshot = await Deno.realPath(join(folder, "snapshots", MAIN));
    for (const root of [join(parent, "root"), join(parent, "root", "mine")]) {
      assert.deepEqual(await names(root), ["mine", "mine@v1"]);
      assert.equal(await resolveModel([root], "mine"), snapshot);
    }
    await Deno.symlink(snapshot, join(parent, "root", "one"));
    assert.equal(await resolveModel([join(parent, "root")], "one"), snapshot);
    assert.equal(await resolveModel([join(parent, "root", "one")], "one"), snapshot);
  }));

Deno.test({
  name: "a pipe or a link to nowhere in place of config.json is in the list and says so",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (root) => {
      for (const name of ["dangling", "pipe"]) await Deno.mkdir(join(root, name));
      await Deno.symlink("nowhere", join(root, "dangling", "config.json"));
      await new Deno.Command("mkfifo", { args: [join(root, "pipe", "config.json")] }).output();
      const [dangling, pipe] = await listModels([root]);
      assert.match(dangling!.problem!.detail, /config.json is a link to a file that is not there/);
      assert.match(pipe!.problem!.detail, /config.json is not a file/);
    }),
});

Deno.test("names compare as characters, however they are composed, and their case counts", () =>
  inFolder(async (root) => {
    const [composed, apart] = ["modèle-é".normalize("NFC"), "modèle-é".normalize("NFD")];
    assert.notEqual(composed, apart);
    for (const [folder, asked] of [[composed, apart], [apart, composed]] as const) {
      const path = join(root, folder);
      await Deno.mkdir(join(path, apart), { recursive: true });
      await Deno.copyFile(join(fixtureFolder("qwen3"), "config.json"), join(path, "config.json"));
      await Deno.writeTextFile(join(path, apart, "adapter_config.json"), "{}");
      assert.deepEqual(await names(root), [composed]);
      assert.equal(await resolveModel([root], asked), await Deno.realPath(path));
      assert.equal(
        await resolveAdapter([root], `${asked}/${composed}`),
        await Deno.realPath(join(path, apart)),
      );
      await assert.rejects(resolveModel([root], asked.toUpperCase()), { code: "unknown_model" });
      await Deno.remove(path, { recursive: true });
    }
  }));

Deno.test("an unknown name of the hub's form is told how it is fetched, one that is nearly right what is near", () =>
  inFolder(async (root) => {
    await Deno.mkdir(join(root, "Qwen--Qwen3-0.6B"));
    await Deno.writeTextFile(join(root, "Qwen--Qwen3-0.6B", "config.json"), "{}");
    const folder = await Deno.realPath(join(root, "Qwen--Qwen3-0.6B"));
    for (const name of ["Qwen/Qwen3-0.6B", "Qwen--Qwen3-0.6B"]) {
      assert.equal(await resolveModel([root], name), folder);
    }
    for (const name of ["Qwen/Qwen3-4B", "Qwen--Qwen3-4B"]) {
      await assert.rejects(resolveModel([root], name), {
        message: /POST \/v1\/models with \{"hub_id": "Qwen\/Qwen3-4B"\} fetches it from the hub/,
      });
    }
    for (const name of ["qwen/qwen3-0.6b", "Qwen3-0.6B", "Qwen/Qwen3-0.6", "Qwen/Qwen-3-0.6B"]) {
      await assert.rejects(resolveModel([root], name), { message: /similar: Qwen--Qwen3-0\.6B/ }, name);
    }
    await assert.rejects(resolveModel([root], "other"), {
      message: 'There is no model "other": there are Qwen--Qwen3-0.6B',
    });
  }));

Deno.test("checkModelRoots() refuses what is no folder, by name", () =>
  inFolder(async (root) => {
    await checkModelRoots([root]);
    const file = join(root, "file");
    await Deno.writeTextFile(file, "");
    for (
      const [path, fault] of [[join(root, "nope"), /nothing at that path/], [file, /is a file/]] as const
    ) {
      await assert.rejects(checkModelRoots([root, path]), (thrown: Error) => {
        assert.match(thrown.message, fault);
        return thrown.message.includes(`MODELS_DIR names '${path}'`);
      });
    }
  }));
