/** How strongly a token is coloured by one of its numbers. */

/** The numbers a token may be coloured by: key, name, whether 0 is the middle, whether low is what stands out. */
export const MEASURES = [
  { key: "kl_div", name: "KL", isSigned: true, what: "Log-probability less the reference's" },
  { key: "advantage", name: "Advantage", isSigned: true, what: "What the policy's loss used" },
  { key: "value", name: "Value", isSigned: true, what: "What the critic expected before the token" },
  {
    key: "logprob",
    name: "Log-probability",
    isSigned: false,
    what: "Under the policy that sampled it; what it found unlikely stands out",
  },
  { key: "reward", name: "Reward", isSigned: true, what: "What the advantage was made from" },
  { key: "entropy", name: "Entropy", isSigned: false, isUp: true, what: "Of the distribution at the token" },
];

/** The size that is coloured fully: nearly the largest, so that one outlier does not pale the rest. */
export function extent(records, key) {
  const sizes = records.map((record) => Math.abs(record[key] ?? 0)).filter(Number.isFinite).sort((a, b) =>
    a - b
  );
  return sizes[Math.ceil(0.98 * (sizes.length - 1))] || sizes.at(-1) || 1;
}

/** Custom properties of a token's background: which colour, and how much of it. */
export function heat(value, size, { isSigned }) {
  if (value === null || value === undefined) return { "--heat": "transparent", "--much": "0%" };
  const share = Math.min(1, Math.abs(value) / size);
  return {
    "--heat": isSigned && value < 0 ? "var(--heat-down)" : "var(--heat-up)",
    "--much": `${Math.round(58 * share)}%`,
  };
}
