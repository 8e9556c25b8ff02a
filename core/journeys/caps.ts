import type { Cap } from '../definitions/caps.ts';
import type { Journey } from './schema.ts';

/** Each cap of a journey and of its nodes, with its place. */
export const placedCaps = ({ caps = [], nodes }: Pick<Journey, 'caps' | 'nodes'>): { path: string; cap: Cap }[] => [
  ...placed('/caps', caps),
  ...Object.entries(nodes).flatMap(([id, node]) =>
    node.type === 'send' ? placed(`/nodes/${id}/caps`, node.caps ?? []) : [],
  ),
];
const placed = (path: string, caps: readonly Cap[]) => caps.map((cap, index) => ({ path: `${path}/${index}`, cap }));

export const capsOfJourney = (journey: Pick<Journey, 'caps' | 'nodes'>): Cap[] =>
  placedCaps(journey).map(({ cap }) => cap);
