/** What the terms of a sum are called: by their own names, or by what they are. */

/** A reward as far as its name goes. */
interface Named {
  type: string;
  /** What a combinator of one reward is around. */
  reward?: Named;
}

/** What a reward without a name is called: its type, that of what is inside where it only changes a score. */
export function typeName({ type, reward }: Named): string {
  return reward ? typeName(reward) : type;
}

/** A name for each of some terms, no two alike: the second `length` without a name is `length_2`. */
export function termNames(terms: readonly { name?: string; reward: Named }[]): string[] {
  const taken = new Set(terms.flatMap(({ name }) => name ?? []));
  return terms.map(({ name, reward }) => {
    if (name !== undefined) return name;
    const type = typeName(reward);
    let free = type;
    for (let at = 2; taken.has(free); at++) free = `${type}_${at}`;
    taken.add(free);
    return free;
  });
}

/** What the parts of a whole reward are called: a sum's terms, whatever is around the sum; else what it is. */
export function partNames(reward: Named & { terms?: readonly { name?: string; reward: Named }[] }): string[] {
  if (reward.terms) return termNames(reward.terms);
  return reward.reward ? partNames(reward.reward) : [reward.type];
}
