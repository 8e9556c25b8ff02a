import { contentVersions } from '../../core/catalog/content-versions.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { type Source, sourceDefinitionOf } from '../../core/messages/source.ts';
import { blocksForLiquid } from '../../core/templates/blocks.ts';
import type { TemplateDefinition } from '../../core/templates/schema.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock } from '../ports.ts';

interface BlockDeps {
  catalog: Pick<CatalogStore, 'version' | 'content'>;
  clock: Clock;
}

/**
 * Returns the `blocks` of Liquid. A journey shows the items that its version pinned; a message that no definition sends, and a preview (no
 * `source`), shows the newest. Reads nothing if the template has no blocks, and little where this process has shown the same items before.
 */
export async function blocksOf(
  deps: BlockDeps,
  template: Pick<TemplateDefinition, 'blocks'>,
  seen: { source?: Source; snapshot: Snapshot; traits: unknown },
): Promise<Record<string, unknown>> {
  const { blocks } = template;
  if (blocks === undefined) return {};
  const now = deps.clock();
  const origin = seen.source && sourceDefinitionOf(seen.source);
  const versions =
    origin === undefined
      ? contentVersions(seen.snapshot, [template], now)
      : ((await deps.catalog.version(origin.kind, origin.id, origin.version))?.pins?.content ?? {});
  return blocksForLiquid(blocks, await deps.catalog.content(versions), seen.traits, now);
}
