import type * as z from 'zod';
import type { CheckView as DefinitionsView } from '../definitions/check-view.ts';
import type { Head, Issue, Kind, Reference } from '../definitions/definition.ts';
import type { Pins } from '../definitions/pins.ts';
import type { Calendar } from '../policies/calendar.ts';
import type { Definitions } from './definitions.ts';
import type { Snapshot } from './snapshot.ts';

/** What checks of a definition may read: other definitions and the live rules. */
export interface CheckView extends DefinitionsView {
  /** The newest version of a calendar that `references` names. */
  calendar(id: string): Calendar | undefined;
  live: Snapshot;
}

/** A live version, as it goes into the snapshot. */
export interface Live<K extends Kind> {
  version: number;
  definition: Definitions[K];
  pins?: Pins;
}

/**
 * One kind of definition. To add one: add a file like its neighbours, a line in `registry.ts` and one in `Definitions`. `settings` is not in this
 * table, because it has no id and its own route.
 */
export interface DefinitionKind<K extends Kind> {
  /** In `/v1/<kind>/{id}`. */
  kind: K;
  schema: z.ZodType<Definitions[K]>;
  /** Takes effect at PUT; otherwise it waits for `publish`, or until it is pinned. */
  live: boolean;
  /** Errors (PUT refuses the definition) and warnings (the definition probably does not do what is meant). */
  check(id: string, definition: Definitions[K], view: CheckView): { errors: Issue[]; warnings: Issue[] };
  /** Definitions that this one references: they cannot be deleted while it exists. */
  references(definition: Definitions[K]): Reference[];
  /** More definitions that the check asks for, whose deletion it does not prevent. */
  asks?(definition: Definitions[K], view: Pick<CheckView, 'live' | 'now'>): Reference[];
  /** Names of events that should have arrived once; if not, there is a warning. */
  events?(definition: Definitions[K]): string[];
  /** Ids of the secrets that it references. */
  secrets?(definition: Definitions[K]): string[];
  /**
   * Returns the live rules with this version in the place of its predecessor, or (undefined) without it. Absent: the live rules do not contain this
   * kind.
   */
  apply?(rules: Snapshot, id: string, now: Live<K> | undefined, head: Pick<Head, 'archivedUpTo'>): Snapshot;
}

/** Returns `items` without the one of that id, and with `item` if there is one, ordered by id. */
export function replaceById<Item extends { id: string }>(items: Item[], id: string, item: Item | undefined): Item[] {
  const others = items.filter((one) => one.id !== id);
  return (item ? [...others, item] : others).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Returns a warning for each reference to a definition that does not exist. A trait that is not computed is a plain one. */
export function unknownReferences(references: Reference[], view: CheckView, path: string): Issue[] {
  return references
    .filter((reference) => reference.kind !== 'computed-traits' && !view.has(reference))
    .map(({ kind, id }) => ({
      path,
      message: `${kind}/${id} does not exist yet; until then nobody has it`,
      until: { kind, id },
    }));
}
