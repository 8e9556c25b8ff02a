import type { Version } from '../../core/catalog/definitions.ts';
import type { Head, Issue, Kind, Reference } from '../../core/definitions/definition.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { DefinitionDeps } from './deps.ts';
import { type View, viewOf } from './view.ts';

const CONCURRENCY = 8;

export type ViewDeps = Pick<DefinitionDeps, 'definitions' | 'eventNames'>;

/**
 * A version as the API shows it now: without the warnings that have been settled since they were given. Reads once for each event and definition
 * that a warning waits for, and nothing where there is none.
 */
export async function currentView<K extends Kind>(
  deps: ViewDeps,
  reference: Reference,
  head: Head,
  n: number,
  version: Version<K>,
): Promise<View> {
  const view = viewOf(reference, head, n, version);
  return { ...view, warnings: await standing(deps, view.warnings) };
}

async function standing(deps: ViewDeps, warnings: readonly Issue[]): Promise<Issue[]> {
  const asked = new Map(warnings.flatMap(({ until }) => (until === undefined ? [] : [[JSON.stringify(until), until]])));
  const settled = new Set<string>();
  await mapWithConcurrency(CONCURRENCY, [...asked], async ([key, until]) => {
    if (await isSettled(deps, until)) settled.add(key);
  });
  return warnings.flatMap(({ path, message, until }) =>
    until !== undefined && settled.has(JSON.stringify(until)) ? [] : [{ path, message }],
  );
}

async function isSettled({ definitions, eventNames }: ViewDeps, until: NonNullable<Issue['until']>): Promise<boolean> {
  if ('event' in until) return eventNames.has(until.event);
  const head = await definitions.head(until.kind, until.id);
  return head !== undefined && !head.deleted;
}
