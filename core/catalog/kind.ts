import type * as z from 'zod';
import type { CheckView as DefinitionsView } from '../definitions/check-view.ts';
import type { Head, Issue, Kind, Reference } from '../definitions/definition.ts';
import type { Pins } from '../definitions/pins.ts';
import type { Definitions } from './definitions.ts';
import type { Snapshot } from './snapshot.ts';

/** And the live rules. */
export interface CheckView extends DefinitionsView {
  live: Snapshot;
}

/** A live version, as it goes into the snapshot. */
export interface Live<K extends Kind> {
  version: number;
  definition: Definitions[K];
  pins?: Pins;
}

/**
 * One kind of definition. A new one: a file like its neighbours, a line in `registry.ts`, one in `Definitions`.
 * `settings` is no kind of this table: it has no id and its own route.
 */
export interface DefinitionKind<K extends Kind> {
  /** In `/v1/<kind>/{id}`. */
  kind: K;
  schema: z.ZodType<Definitions[K]>;
  /** Takes effect at PUT; otherwise it waits for `publish`, or to be pinned. */
  live: boolean;
  /** What cannot work (refused at PUT) and what probably does not. */
  check(id: string, definition: Definitions[K], view: CheckView): { errors: Issue[]; warnings: Issue[] };
  /** Definitions that this one names: they cannot be deleted while it stands. */
  references(definition: Definitions[K]): Reference[];
  /** Names of events that should have come once: for a warning. */
  events?(definition: Definitions[K]): string[];
  /** Ids of the secrets that it names. */
  secrets?(definition: Definitions[K]): string[];
  /** The live rules with this version in the place of its predecessor, or (undefined) without it. Absent: they do not hold this kind. */
  apply?(rules: Snapshot, id: string, now: Live<K> | undefined, head: Pick<Head, 'archivedUpTo'>): Snapshot;
}

/** `items` without the one of that id, and with `item` where there is one; by id. */
export function replaced<Item extends { id: string }>(items: Item[], id: string, item: Item | undefined): Item[] {
  const others = items.filter((one) => one.id !== id);
  return (item ? [...others, item] : others).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** A warning for each reference that leads nowhere. A trait that is not computed is a plain one. */
export function unknownReferences(references: Reference[], view: CheckView, path: string): Issue[] {
  return references
    .filter((reference) => reference.kind !== 'computed-traits' && !view.has(reference))
    .map(({ kind, id }) => ({
      path,
      message: `${kind}/${id} does not exist yet; until then nobody has it`,
      until: { kind, id },
    }));
}
