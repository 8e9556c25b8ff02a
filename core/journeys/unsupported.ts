import type { Issue } from '../definitions/definition.ts';
import type { Window } from '../definitions/limits.ts';
import type { Journey } from './schema.ts';

/**
 * Features that the schema accepts but the workspace does not support yet: they are refused at `submit` (in settings, at PUT) rather than ignored.
 */
export function unsupported(journey: Journey): Issue[] {
  return [
    ...noWindow('/window', journey.window),
    ...Object.entries(journey.nodes).flatMap(([id, node]) =>
      node.type === 'send' ? noWindow(`/nodes/${id}/window`, node.window) : [],
    ),
  ];
}

export const noWindow = (path: string, window: Window | undefined): Issue[] =>
  window === undefined || window === 'none' ? [] : [{ path, message: 'send windows are not available yet' }];
