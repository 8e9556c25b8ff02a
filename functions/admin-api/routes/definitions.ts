import type { DefinitionKind } from '../../../core/catalog/kind.ts';
import { KINDS } from '../../../core/catalog/kinds/registry.ts';
import type { Kind } from '../../../core/definitions/definition.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { getRoute, listRoute, versionsRoute } from './definition-reads.ts';
import { copyRoute, deleteRoute, putRoute } from './definition-writes.ts';

/** The six routes of each kind of definition. */
export const definitionRoutes: Route<Deps>[] = Object.values(KINDS).flatMap((kind) =>
  kind.kind === 'settings' ? [] : routesOf(kind),
);

function routesOf<K extends Kind>(kind: DefinitionKind<K>): Route<Deps>[] {
  return [listRoute(kind), getRoute(kind), putRoute(kind), deleteRoute(kind), versionsRoute(kind), copyRoute(kind)];
}
