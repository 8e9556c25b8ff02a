import { invalidAt } from '../../../engine/errors.ts';
import type { Deps } from '../dependencies.ts';

/** Returns the newest version of an existing template. */
export async function newestTemplate(deps: Pick<Deps, 'definitions' | 'catalog'>, id: string, path: string) {
  const head = await deps.definitions.head('templates', id);
  const version = head && !head.deleted ? await deps.catalog.version('templates', id, head.latest) : undefined;
  if (head === undefined || version === undefined) throw invalidAt(path, `there is no template ${id}`);
  return { version: head.latest, definition: version.definition };
}
