import type { OpenWindow } from '../definitions/window.ts';
import type { Journey } from './schema.ts';

/** Each window of a journey and of its nodes that is not always open, with its place. */
export const placedWindows = ({ window, nodes }: Pick<Journey, 'window' | 'nodes'>): PlacedWindow[] => [
  ...placed('/window', window),
  ...Object.entries(nodes).flatMap(([id, node]) =>
    node.type === 'send' ? placed(`/nodes/${id}/window`, node.window) : [],
  ),
];
export interface PlacedWindow {
  path: string;
  window: OpenWindow;
}
const placed = (path: string, window: Journey['window']): PlacedWindow[] =>
  window === undefined || window === 'none' ? [] : [{ path, window }];

/** The window that a node's messages obey, unless it is that of the settings. */
export function windowAt({ window, nodes }: Pick<Journey, 'window' | 'nodes'>, id: string): PlacedWindow | undefined {
  const node = nodes[id];
  const own = node?.type === 'send' ? node.window : undefined;
  return own === undefined ? placed('/window', window)[0] : placed(`/nodes/${id}/window`, own)[0];
}
