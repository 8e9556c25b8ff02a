/**
 * Recursive-loop detection as in Lambda: `X-Amzn-Trace-Id` carries the chain of invocations through queues, and a function that was invoked 16 times
 * in one chain is not invoked again. https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
export const MAX_INVOCATIONS = 16;

/** Function → how often it was invoked in the chain. */
export type Chain = Record<string, number>;

export const traceOf = (chain: Chain): string =>
  `Root=1-00000000-000000000000000000000000;Lineage=${Object.entries(chain)
    .map(([name, count]) => `${name}:${count}`)
    .join('|')}`;

export function chainOf(trace: string | undefined): Chain {
  const [, lineage] = /(?:^|;)Lineage=([^;]*)/.exec(trace ?? '') ?? [];
  return Object.fromEntries(
    (lineage ?? '').split('|').flatMap((link) => {
      const [name, count] = link.split(':');
      return name === undefined || count === undefined ? [] : [[name, Number(count)]];
    }),
  );
}

/** Returns the part that all chains of a batch have in common: messages that only share an invocation do not lengthen each other's chain. */
export function commonChain([first = {}, ...others]: Chain[]): Chain {
  const counts = Object.entries(first).map(
    ([name, count]) => [name, Math.min(count, ...others.map((chain) => chain[name] ?? 0))] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

export const extended = (chain: Chain, name: string): Chain => ({ ...chain, [name]: (chain[name] ?? 0) + 1 });
