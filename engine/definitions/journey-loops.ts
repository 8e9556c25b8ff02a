import type { Issue } from '../../core/definitions/definition.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import type { LifecycleDeps } from './deps.ts';

/**
 * Returns the `journey` nodes through which a journey would start itself again, directly or through others. It looks at the live and the newest
 * versions of the others.
 */
export async function startsItself(
  deps: Pick<LifecycleDeps, 'definitions'>,
  id: string,
  journey: Journey,
): Promise<Issue[]> {
  const issues: Issue[] = [];
  for (const [node, target] of startedBy(journey)) {
    const way = await wayBack(deps, target, id);
    if (way !== undefined)
      issues.push({ path: `/nodes/${node}/journey`, message: `starts itself again: ${[id, ...way].join(' → ')}` });
  }
  return issues;
}

/** Returns the journeys on a path from `from` to `to`, including both, or undefined if there is none. */
async function wayBack(
  deps: Pick<LifecycleDeps, 'definitions'>,
  from: string,
  to: string,
): Promise<string[] | undefined> {
  const ways = [[from]];
  const seen = new Set([from]);
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    const last = way.at(-1) ?? from;
    if (last === to) return way;
    for (const next of await startedFrom(deps, last)) {
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

async function startedFrom({ definitions }: Pick<LifecycleDeps, 'definitions'>, id: string): Promise<string[]> {
  const head = await definitions.head('journeys', id);
  if (head === undefined || head.deleted) return [];
  const numbers = [...new Set([head.latest, head.published ?? head.latest])];
  const versions = await Promise.all(numbers.map((n) => definitions.version('journeys', id, n)));
  return versions.flatMap((version) => (version ? startedBy(version.definition).map(([, target]) => target) : []));
}

/** Returns the nodes that start a journey, each with that journey's id. */
const startedBy = ({ nodes }: Journey): [node: string, journey: string][] =>
  Object.entries(nodes).flatMap(([id, node]) => (node.type === 'journey' ? [[id, node.journey]] : []));
