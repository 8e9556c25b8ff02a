import type { Kind } from '../../../core/definitions/definition.ts';

/** The kind's name is not known to the type, but its parameter is. */
export function pathOf(kind: Kind): '/v1/kind/{id}' {
  return `/v1/${kind}/{id}` as '/v1/kind/{id}';
}
