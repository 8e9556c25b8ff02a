import { contentKinds } from '../../core/catalog/content-versions.ts';
import type { Version } from '../../core/catalog/definitions.ts';
import type { Head, Issue, Kind, Reference } from '../../core/definitions/definition.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { coversYear } from '../../core/policies/calendar.ts';
import type { DefinitionDeps } from './deps.ts';
import { type View, viewOf } from './view.ts';

const CONCURRENCY = 8;

export type ViewDeps = Pick<DefinitionDeps, 'definitions' | 'eventNames' | 'catalog' | 'campaignStatus'>;

/**
 * Returns a version as the API shows it now: without the warnings that have been settled since. Reads once for each event and definition that a
 * warning waits for, and nothing if there is none.
 */
export const currentView = <K extends Kind>(
  deps: ViewDeps,
  reference: Reference,
  head: Head,
  n: number,
  version: Version<K>,
): Promise<View> => currentViews(deps)(reference, head, n, version);

/** The same for several versions: what warnings of them wait for is read once for all. */
export function currentViews(deps: ViewDeps) {
  const settled = new Map<string, Promise<boolean>>();

  function ask(until: NonNullable<Issue['until']>): Promise<boolean> {
    const key = JSON.stringify(until);
    const asked = settled.get(key) ?? isSettled(deps, until);
    settled.set(key, asked);
    return asked;
  }

  return async <K extends Kind>(reference: Reference, head: Head, n: number, version: Version<K>): Promise<View> => {
    const view = viewOf(reference, head, n, version);
    const standing = await mapWithConcurrency(CONCURRENCY, view.warnings, async ({ path, message, until }) =>
      until !== undefined && (await ask(until)) ? [] : [{ path, message }],
    );
    const status =
      reference.kind === 'campaigns' && view.status === 'published'
        ? await deps.campaignStatus(reference.id)
        : view.status;
    return { ...view, status, warnings: standing.flat() };
  };
}

async function isSettled(
  { definitions, eventNames, catalog }: ViewDeps,
  until: NonNullable<Issue['until']>,
): Promise<boolean> {
  if ('event' in until) return eventNames.has(until.event);
  if ('calendar' in until) {
    const head = await definitions.head('calendars', until.calendar);
    const version = head?.deleted
      ? undefined
      : head && (await definitions.version('calendars', until.calendar, head.latest));
    return version !== undefined && coversYear(version.definition, until.year);
  }
  if ('content' in until) return contentKinds((await catalog.snapshot()).snapshot).has(until.content);
  const head = await definitions.head(until.kind, until.id);
  return head !== undefined && !head.deleted;
}
