/** The sampler on logits given straight (W is the identity): golden cuts, order, ties, limits and frequencies. */
import assert from "node:assert/strict";
import { sampler } from "../../../kernels/nn/sampler.ts";
import { uniform } from "../../../core/rng.ts";
import { vector } from "../run_artifact.ts";
import { matrix, runGraph } from "../run_graph.ts";
import { within } from "../within.ts";

/** The largest number below 1 that a 24-bit uniform can be. */
const ALMOST_1 = 1 - 2 ** -24;

interface Row {
  z: number[];
  u: number;
  temperature?: number;
  /** Any of these makes the graph the one that can cut. */
  k?: number;
  p?: number;
}

/** One token per row, all rows in one batch; `cuts` chooses the graph with top-k and top-p. */
type Sample = (rows: Row[], cuts?: boolean) => Promise<{ tokens: number[]; logprobs: number[] }>;

/**
 * Samples with every token `stride` apart from the next, among tokens of probability 0. The sampler looks for a
 * block of 64 tokens first: side by side they are in one that is not full, apart in several that begin with such.
 */
function sampling(stride: number): Sample {
  return async (rows, cuts = rows.some(({ k, p }) => k !== undefined || p !== undefined)) => {
    const V = rows[0]!.z.length;
    const width = stride === 1 ? V : Math.ceil(V * stride / 64) * 64;
    const place = (token: number) => token * stride + stride - 1;
    // A column more than tokens, which is 1 in every row and says how improbable the others are.
    const w = { dims: [width, V + 1], data: new Array<number>(width * (V + 1)).fill(0) };
    for (let at = 0; at < width; at++) w.data[at * (V + 1) + V] = -1e5;
    for (let token = 0; token < V; token++) {
      const at = place(token) * (V + 1);
      [w.data[at + token], w.data[at + V]] = [1, 0];
    }
    const column = (of: (row: Row) => number) => vector(rows.map(of));
    const outputs = await runGraph(
      { h: matrix(rows.map(({ z }) => [...z, 1])), w },
      (g, { h, w }) => ({
        ...sampler(g, h!, (of) => g.matmul(of, w!, { transB: true }), { truncation: cuts }),
      }),
      {
        temperature: column(({ temperature = 1 }) => temperature),
        uniform: column(({ u }) => u),
        top_k: column(({ k = width }) => k),
        top_p: column(({ p = 1 }) => p),
      },
    );
    const tokens = outputs.token!.data.map((at) => (at - stride + 1) / stride);
    const strange = tokens.findIndex((token) => !Number.isInteger(token) || token < 0 || token >= V);
    assert.equal(strange, -1, `row ${strange} drew ${outputs.token!.data[strange]}, of probability 0`);
    return { tokens, logprobs: outputs.logprob!.data };
  };
}

/** The middle of each of `count` equal parts of [0, 1). */
function grid(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i + 0.5) / count);
}

function shares(tokens: number[], V: number): number[] {
  const counts = new Array<number>(V).fill(0);
  for (const token of tokens) counts[token]!++;
  return counts.map((count) => count / tokens.length);
}

function softmax(z: number[], temperature = 1): number[] {
  const e = z.map((value) => Math.exp((value - Math.max(...z)) / temperature));
  const sum = e.reduce((a, b) => a + b);
  return e.map((value) => value / sum);
}

const Z = [2, 1, 0.5, 0, -1];
const POINTS = 4096;
/** On a grid the share of a token is its probability, to one point of the grid at either end. */
const GRID_TOLERANCE = 1.01 / POINTS;

const CUTS: [string, Omit<Row, "z" | "u">, number[]][] = [
  ["temperature", { temperature: 0.7 }, [0.700198, 0.167803, 0.082147, 0.040214, 0.009637]],
  ["temperature and top-k", { temperature: 0.7, k: 3 }, [0.736936, 0.176607, 0.086457, 0, 0]],
  ["temperature, top-k and top-p", { temperature: 0.7, k: 3, p: 0.8 }, [0.806679, 0.193321, 0, 0, 0]],
];

for (
  const [layout, sample] of [["tokens side by side", sampling(1)], [
    "tokens in blocks",
    sampling(37),
  ]] as const
) {
  for (const [name, row, expected] of CUTS) {
    Deno.test(`${layout}: sampler() with ${name} draws with the golden probabilities`, async () => {
      const { tokens } = await sample(grid(POINTS).map((u) => ({ z: Z, u, ...row })));
      within(shares(tokens, 5), expected, GRID_TOLERANCE + 1e-6, "shares");
      expected.forEach((probability, token) => probability === 0 && assert.ok(!tokens.includes(token)));
    });
  }

  Deno.test(`${layout}: sampler() gives the log-probability at the temperature, before any cut`, async () => {
    const { tokens, logprobs } = await sample(
      grid(64).map((u) => ({ z: Z, u, temperature: 0.7, k: 3, p: 0.8 })),
    );
    const p = softmax(Z, 0.7);
    within(logprobs, tokens.map((token) => Math.log(p[token]!)), 1e-6, "logprobs");
  });

  Deno.test(`${layout}: sampler() cuts after the temperature: a hotter row keeps more of the same top-p`, async () => {
    const drawn = async (temperature: number) =>
      new Set((await sample(grid(256).map((u) => ({ z: Z, u, temperature, p: 0.75 })))).tokens);
    assert.deepEqual(await drawn(0.5), new Set([0]));
    assert.deepEqual(await drawn(1), new Set([0, 1]));
    assert.deepEqual(await drawn(4), new Set([0, 1, 2, 3]));
  });

  Deno.test(`${layout}: sampler() takes top-p of what top-k left`, async () => {
    // Of all tokens 0.6 keeps the first two; of the first two alone it keeps only the first.
    const z = [0.4, 0.25, 0.2, 0.15].map(Math.log);
    const drawn = async (k: number) =>
      new Set((await sample(grid(64).map((u) => ({ z, u, k, p: 0.6 })))).tokens);
    assert.deepEqual(await drawn(4), new Set([0, 1]));
    assert.deepEqual(await drawn(2), new Set([0]));
  });

  Deno.test(`${layout}: sampler() at temperature 0 is greedy, and its log-probability that of temperature 1`, async () => {
    const z = [0, 3, -2, 3, 1];
    for (const cuts of [false, true]) {
      const rows = [0, 0.3, ALMOST_1].map((u) => ({ z, u, temperature: 0 }));
      const { tokens, logprobs } = await sample(rows, cuts);
      assert.deepEqual(tokens, [1, 1, 1]);
      within(logprobs, tokens.map((token) => Math.log(softmax(z)[token]!)), 1e-6, "logprobs");
    }
  });

  Deno.test(`${layout}: sampler() with top_k 1 is greedy at any temperature and uniform`, async () => {
    const rows = grid(16).map((u, i) => ({
      z: Array.from({ length: 32 }, (_, v) => uniform(4, "data", 0, i, v) * 3),
      u,
      temperature: 0.3 + i / 4,
      k: 1,
    }));
    const [drawn, greedy] = [
      await sample(rows),
      await sample(rows.map((row) => ({ ...row, temperature: 0 }))),
    ];
    assert.deepEqual(drawn.tokens, greedy.tokens);
    assert.deepEqual(drawn.tokens, rows.map(({ z }) => z.indexOf(Math.max(...z))));
  });

  Deno.test(`${layout}: sampler() keeps every token tied with the last one kept`, async () => {
    const z = [1, 2, 1, 1, -3];
    const byK = await sample(grid(256).map((u) => ({ z, u, k: 2 })));
    assert.deepEqual(new Set(byK.tokens), new Set([0, 1, 2, 3]));
    const byP = await sample(grid(256).map((u) => ({ z, u, p: 0.5 })));
    assert.deepEqual(new Set(byP.tokens), new Set([0, 1, 2, 3]));
  });

  Deno.test(`${layout}: sampler() drops a rank when those above it hold exactly top_p`, async () => {
    const z = [Math.log(2), 0, -100];
    const { tokens } = await sample(grid(64).map((u) => ({ z, u, k: 1, p: 1 })));
    assert.deepEqual(new Set(tokens), new Set([0]));
    const halves = [Math.log(2), 0, 0].map((value) => value + 1);
    const half = await sample(grid(64).map((u) => ({ z: halves, u, p: 0.5 })));
    assert.deepEqual(new Set(half.tokens), new Set([0]));
    const more = await sample(grid(64).map((u) => ({ z: halves, u, p: 0.50001 })));
    assert.deepEqual(new Set(more.tokens), new Set([0, 1, 2]));
  });

  Deno.test(`${layout}: sampler() with a tiny top_p keeps the first rank`, async () => {
    const { tokens } = await sample(grid(32).map((u) => ({ z: Z, u, p: 1e-6 })));
    assert.deepEqual(new Set(tokens), new Set([0]));
  });

  Deno.test(`${layout}: sampler() never draws a token of probability 0, at either end of the uniform`, async () => {
    const z = [-200, 1, -200, 2, 0, -200];
    for (const cuts of [false, true]) {
      const { tokens } = await sample([0, 2 ** -24, 0.5, ALMOST_1].map((u) => ({ z, u })), cuts);
      assert.deepEqual(tokens, [1, 1, 3, 4]);
    }
    const ends = await sample([0, ALMOST_1].map((u) => ({ z: Z, u, temperature: 0.7, k: 3, p: 0.8 })));
    assert.deepEqual(ends.tokens, [0, 1]);
  });

  Deno.test(`${layout}: sampler() at the last uniform draws a token that has mass, for many distributions`, async () => {
    const rows = Array.from({ length: 200 }, (_, row) => ({
      // The last quarter of the vocabulary underflows to probability 0.
      z: Array.from({ length: 96 }, (_, v) => v < 72 ? 8 * uniform(8, "data", 0, row, v) : -500),
      u: ALMOST_1,
    }));
    for (const cuts of [false, true]) {
      const { tokens } = await sample(rows, cuts);
      assert.ok(tokens.every((token) => token < 72), `${tokens}`);
    }
  });

  Deno.test(`${layout}: sampler() draws every token as often as its probability says`, async () => {
    const V = 50;
    const z = Array.from({ length: V }, (_, v) => 6 * uniform(9, "data", 0, 0, v));
    const { tokens } = await sample(grid(POINTS).map((u) => ({ z, u })));
    within(shares(tokens, V), softmax(z), GRID_TOLERANCE + 1e-5, "shares");
    const p = softmax(z);
    const drawn = await sample(
      Array.from({ length: POINTS }, (_, row) => ({ z, u: uniform(10, "sample", 0, row, 0) })),
    );
    const chiSquare = shares(drawn.tokens, V)
      .map((share, v) => POINTS * (share - p[v]!) ** 2 / p[v]!)
      .reduce((a, b) => a + b);
    // 49 degrees of freedom: 99.9 % of samples stay below 85.4; the draws are fixed by their key.
    assert.ok(chiSquare < 85.4, `χ² is ${chiSquare}`);
  });

  Deno.test(`${layout}: sampler() gives a row the same token alone and among others`, async () => {
    const V = 40;
    const rows = Array.from({ length: 12 }, (_, i) => ({
      z: Array.from({ length: V }, (_, v) => 4 * uniform(11, "data", 0, i, v)),
      u: uniform(11, "sample", 0, i, 0),
      temperature: [0, 0.5, 1, 2][i % 4]!,
      k: [V, 5, 1][i % 3]!,
      p: [1, 0.9][i % 2]!,
    }));
    const together = await sample(rows);
    const alone = await Promise.all(rows.map((row) => sample([row])));
    assert.deepEqual(together.tokens, alone.map(({ tokens }) => tokens[0]));
    assert.deepEqual(together.logprobs, alone.map(({ logprobs }) => logprobs[0]));
    const reversed = await sample(rows.toReversed());
    assert.deepEqual(reversed.tokens, together.tokens.toReversed());
  });

  Deno.test(`${layout}: sampler() draws the same with both graphs where nothing is cut`, async () => {
    const rows = Array.from({ length: 400 }, (_, i) => ({
      // From flat rows to rows with one token near certainty and a long faint tail.
      z: Array.from({ length: 60 }, (_, v) => (i % 20) * 1.2 * uniform(12, "data", 0, i, v)),
      u: i < 20 ? 0 : i < 40 ? ALMOST_1 : uniform(12, "sample", 0, i, 0),
      temperature: 0.5 + i % 3,
    }));
    // Everything after the first rank is less than half a unit in the last place of 1.
    const faint = [0, 2 ** -24, 0.5, ALMOST_1].map((u) => ({ z: [-18, 0, -18, -19, -18], u }));
    for (const batch of [rows, faint]) {
      const [plain, cutting] = [await sample(batch, false), await sample(batch, true)];
      assert.deepEqual(cutting.tokens, plain.tokens);
      assert.deepEqual(cutting.logprobs, plain.logprobs);
    }
  });

  Deno.test(`${layout}: sampler() at the very end of a token's share draws that token or the next`, async () => {
    const rows = Array.from({ length: 60 }, (_, row) => {
      const z = Array.from({ length: 12 }, (_, v) => 3 * uniform(13, "data", 0, row, v));
      const p = softmax(z);
      return Array.from({ length: 11 }, (_, end) => {
        const share = p.slice(0, end + 1).reduce((a, b) => a + b);
        return [-3, -2, -1, 0, 1, 2, 3].map((by) => ({
          z,
          end,
          u: (Math.round(share * 2 ** 24) + by) / 2 ** 24,
        }));
      });
    }).flat(2);
    const { tokens } = await sample(rows);
    tokens.forEach((token, i) => assert.ok(token === rows[i]!.end || token === rows[i]!.end + 1));
  });
}
