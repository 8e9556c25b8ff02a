import { isOver } from '../content/choose.ts';
import type { EpochMs } from '../ids.ts';
import type { TemplateDefinition } from '../templates/schema.ts';
import type { Snapshot } from './snapshot.ts';

/** Kinds of which there is content. */
export const contentKinds = ({ content = [] }: Pick<Snapshot, 'content'>): ReadonlySet<string> =>
  new Set(content.map(({ kind }) => kind));

/** Returns the newest version of each item that blocks of these templates may show from `now` on, by id. */
export function contentVersions(
  { content = [] }: Pick<Snapshot, 'content'>,
  templates: readonly Pick<TemplateDefinition, 'blocks'>[],
  now: EpochMs,
): Record<string, number> {
  const kinds = new Set(templates.flatMap(({ blocks = {} }) => Object.values(blocks).map(({ kind }) => kind)));
  const shown = content.filter((item) => kinds.has(item.kind) && !isOver(item, now));
  return Object.fromEntries(shown.map(({ id, version }) => [id, version]));
}
