/** Graphs that train some layers: their gradients are the whole graph's of the same weights, and nothing below is run. */
import assert from "node:assert/strict";
import {
  HIDDEN,
  policyTrainingArtifact,
  trunkArtifact,
  type Tuning,
  VALUE_HEAD,
  valueTrainingArtifact,
} from "../../../kernels/artifacts.ts";
import type { Artifact } from "../../../kernels/graph/artifact.ts";
import { frozenLayers, layerOf } from "../../../kernels/models/trained_layers.ts";
import { loadFixture } from "../models/fixture.ts";
import { type Array_, runArtifact } from "../run_artifact.ts";
import { within } from "../within.ts";
import {
  batchOf,
  droppedOf,
  experienceInputs,
  experienceOf,
  feedsOf,
  gradientsOf,
  loraOf,
  type Model,
  ROWS,
} from "./batch.ts";

/** What is trained of all layers, and of some. */
const KINDS: Record<string, (model: Model, layers?: readonly number[]) => Tuning> = {
  "lora": (model, layers) => of(loraOf(model), model, layers),
  "lora with dropout": (model, layers) => of(droppedOf(model), model, layers),
  "full": (_, layers) => ({ type: "full", layers }),
};

/** A tuning by an adapter of these layers alone. */
function of(tuning: Tuning, { config }: Model, layers?: readonly number[]): Tuning {
  if (tuning.type !== "lora" || !layers) return tuning;
  const adapter = [...tuning.adapter].filter(([module]) => layers.includes(layerOf(config, module)!));
  return { ...tuning, adapter: new Map(adapter) };
}

const GRAPHS: Record<string, (model: Model, tuning: Tuning, from?: number) => Artifact> = {
  "policy with values": ({ config }, tuning, from) =>
    policyTrainingArtifact(config, tuning, { values: true, entropyBonus: true, accumulate: false, from }),
  "critic": ({ config }, tuning, from) => valueTrainingArtifact(config, tuning, { accumulate: false, from }),
};

/** Of three layers: the last, the last two, one between, those around one, all. */
const CASES = [
  ...[[2], [0, 2]].flatMap((layers) => ["lora", "full"].map((kind) => ({ name: "qwen3", kind, layers }))),
  { name: "qwen3", kind: "lora", layers: [1, 2] },
  { name: "qwen3", kind: "full", layers: [0, 1, 2] },
  { name: "qwen3", kind: "lora with dropout", layers: [1] },
  ...["qwen2", "llama", "gpt2"].flatMap((name) => [
    { name, kind: "lora", layers: [2] },
    { name, kind: "full", layers: [0, 2] },
  ]),
];

/** The model with what the adapter adds in other layers at 0: what it computes there is the bare base's. */
async function withoutOthers(name: string, layers: readonly number[]): Promise<Model> {
  const model = await loadFixture(name);
  const lora = Object.fromEntries(
    Object.entries(model.lora).map(([key, { dims, data }]): [string, Array_] => {
      const silent = key.endsWith("lora_B.weight") && !layers.includes(layerOf(model.config, key)!);
      return [key, { dims, data: silent ? new Array<number>(data.length).fill(0) : data }];
    }),
  );
  return { ...model, lora };
}

/** Whether a parameter or weight is of a layer below this one, or the embedding's. */
function isBelow({ config }: Model, name: string, layer: number): boolean {
  const at = layerOf(config, name);
  return at === null ? /embed|\.wpe|^wpe/.test(name) : at < layer;
}

for (const { name, kind, layers } of CASES) {
  Deno.test(`${name}, ${kind}, layers ${layers}: gradients are those of the whole graph`, async () => {
    const model = await withoutOthers(name, layers);
    const tuningOf = KINDS[kind]!;
    const [whole, some] = [tuningOf(model), tuningOf(model, layers)];
    const experience = await experienceOf(model, whole, ROWS);
    const plain = feedsOf(model, { ...batchOf(ROWS), ...experienceInputs(experience) });
    const first = frozenLayers(model.config, some);
    assert.equal(first, Math.min(...layers));
    const known = first === 0
      ? null
      : (await runArtifact(trunkArtifact(model.config, { layers: [first] }), plain))[
        HIDDEN + first
      ]!;
    for (const [graph, make] of Object.entries(GRAPHS)) {
      const expected = gradientsOf(await runArtifact(make(model, whole), plain));
      const cuts = [make(model, some), ...(known ? [make(model, some, first)] : [])];
      for (const cut of cuts) {
        const found = gradientsOf(await runArtifact(cut, { ...plain, ...(known && { hidden: known }) }));
        const trained = Object.keys(expected).filter((parameter) =>
          parameter === VALUE_HEAD.weight || parameter === VALUE_HEAD.bias ||
          layers.includes(layerOf(model.config, parameter)!)
        );
        assert.deepEqual(Object.keys(found).sort(), trained.sort(), graph);
        for (const [parameter, gradient] of Object.entries(found)) {
          const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
          assert.ok(norm > 0, `${graph}: no gradient reaches ${parameter}`);
          within(gradient, expected[parameter]!, 1e-6 * (1 + norm), `${graph}: ${parameter}`);
        }
      }
      if (!known) continue;
      // The tied embedding is the head too.
      const read = cuts[1]!.weights.filter(({ name }) => isBelow(model, name, first)).map(({ name }) => name);
      assert.ok(read.every((weight) => layerOf(model.config, weight) === null), read.join());
      assert.ok(!cuts[1]!.inputs.some(({ name }) => name === "ids"));
    }
  });
}
