import type { Kind } from '../../core/definitions/definition.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { SimulationContext } from './context.ts';

/** The catalog as the simulation sees it: the journey is live, and nothing else is. */
export function simulatedCatalog({
  live,
  pointer,
  snapshot,
  reads,
}: SimulationContext): Pick<CatalogStore, 'snapshot' | 'version' | 'content'> {
  return {
    snapshot: async () => ({ snapshot, pointer }),
    version<K extends Kind>(kind: K, id: string, n: number): ReturnType<typeof reads.version<K>> {
      const isLive = kind === 'journeys' && id === live.id && n === live.version;
      // The kind is `journeys`; the compiler cannot infer it.
      return isLive
        ? (Promise.resolve(live) as unknown as ReturnType<typeof reads.version<K>>)
        : reads.version(kind, id, n);
    },
    async content(versions) {
      // All at once, so that one round of questions answers them.
      const items = await Promise.all(
        Object.entries(versions).map(async ([id, n]) => ({ id, version: await reads.version('content', id, n) })),
      );
      return items.flatMap(({ id, version }) =>
        version === undefined ? [] : [{ id, definition: version.definition }],
      );
    },
  };
}
