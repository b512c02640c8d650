/** Content negotiation (RFC 9110, 12.5.1): which of the types that there are a client would rather have. */
import { parseAccept } from "hono/utils/accept";

/**
 * The type with the highest quality, which the most specific range that fits it has; of equals the one that is named more
 * specifically, then earlier in the header, then among `types`. The first of `types` without a header, and when none is
 * acceptable.
 *
 * @param types in lower case, without parameters
 */
export function preferredType<T extends string>(header: string | undefined, types: readonly [T, ...T[]]): T {
  const ranges = parseAccept(header ?? "").map(({ type, q }, place) => {
    const name = type.toLowerCase();
    const specificity = name === "*/*" ? 0 : name.endsWith("/*") ? 1 : 2;
    // The parser sorts by quality and leaves equals in the header's order.
    return { name, q, specificity, place };
  });
  const fits = (name: string, type: string) =>
    name === "*/*" || name === type || name === `${type.split("/")[0]}/*`;
  const rated = types.map((type) => {
    const [best] = ranges.filter(({ name }) => fits(name, type)).sort((a, b) =>
      b.specificity - a.specificity || a.place - b.place
    );
    return { type, ...(best ?? { q: 0, specificity: 0, place: Infinity }) };
  });
  const [first] = rated.filter(({ q }) => q > 0).sort((a, b) =>
    b.q - a.q || b.specificity - a.specificity || (a.place === b.place ? 0 : a.place - b.place)
  );
  return first?.type ?? types[0];
}
