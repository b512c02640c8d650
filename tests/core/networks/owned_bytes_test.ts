/** What takes memory says how much: its figure against the memory of a device while it is there. */
import assert from "node:assert/strict";
import { cacheBytes, KvCache } from "../../../core/decode/kv_cache.ts";
import { Optimizer, optimizerBytes } from "../../../core/networks/optimizer.ts";
import { AdapterMerge, mergedBytes } from "../../../core/run/adapter_merge.ts";
import { SessionCache } from "../../../core/run/session_cache.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { initialParameters, parameterBytes, tuningOf } from "../../../core/weights/parameter_layout.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { fixtureFolder } from "./tiny_models.ts";

const ADAM = { adam_beta1: 0.9, adam_beta2: 0.999, adam_eps: 1e-8, max_grad_norm: 1 };

Deno.test("cache, parameters, optimizer and merged weights take the bytes that they say", async () => {
  const runtime = Runtime.open({ device: "allocated", threads: 1 });
  const { memory } = runtime.device!;
  const used = () => memory.call(runtime.device).used;
  const base = await BaseModel.open(runtime, fixtureFolder("qwen3"));
  const { config } = base;
  const taken = async <T>(work: () => T | Promise<T>): Promise<[T, number]> => {
    const before = used();
    const made = await work();
    return [made, used() - before];
  };
  for (const { rows, capacity } of [{ rows: 1, capacity: 1 }, { rows: 3, capacity: 17 }]) {
    const [cache, bytes] = await taken(() => new KvCache(base, rows, capacity));
    assert.equal(bytes, cacheBytes(config, { rows, capacity, dtype: base.numerics.cache }));
    cache[Symbol.dispose]();
  }
  const tuning = tuningOf(config, { type: "lora", r: 4, alpha: 8, target_modules: "all-linear" });
  const head = true;
  const [parameters, held] = await taken(() =>
    initialParameters(base, tuning, { head, seed: 0, role: "policy" })
  );
  // Each part begins at a multiple of 64 bytes.
  const gaps = 64 * parameters.names.length;
  const said = parameterBytes(config, tuning, { head });
  assert.ok(held >= said && held <= said + gaps, `${held} and ${said}`);
  const [optimizer, moments] = await taken(() => Optimizer.create(runtime, parameters, ADAM));
  assert.ok(Math.abs(moments - optimizerBytes(held)) <= 64, `${moments} and ${optimizerBytes(held)}`);
  assert.ok(optimizer.step === 0);
  const merge = new AdapterMerge(new SessionCache(base), tuning);
  const [weights] = await taken(() => merge.merge(parameters));
  assert.ok(weights);
  assert.equal(weights.bytes, mergedBytes(config, tuning));
});
