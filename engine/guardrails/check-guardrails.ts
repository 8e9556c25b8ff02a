import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { guardScopeOf } from '../../core/metrics/cohorts.ts';
import { entryEventOf } from '../../core/metrics/entry-event-counts.ts';
import { earliest } from '../../core/time/earliest.ts';
import { actOn, finish } from './act.ts';
import { alertsOfCalendars } from './ending-calendars.ts';
import type { Cohorts, DueChecks } from './ports.ts';
import { generationOf, readRules } from './read-rules.ts';
import { checkEntryEvent, type SilentEventsDeps } from './silent-events.ts';

const CONCURRENCY = 8;
/** One call makes so many checks that are due, and publishes so many alerts. */
const MAX_DUE = 500;
const MAX_ALERTS = 100;

export interface CheckGuardrailsDeps extends SilentEventsDeps {
  cohorts: Cohorts;
  checks: DueChecks;
}

/** Checks scopes: something happened to their messages, or their event came. */
export async function checkScopes(deps: CheckGuardrailsDeps, scopes: readonly string[]): Promise<void> {
  await mapWithConcurrency(CONCURRENCY, [...new Set(scopes)], async (scope) => {
    const next = await check(deps, scope);
    if (next !== undefined) await deps.checks.set(scope, next);
  });
}

/**
 * Runs every minute: messages have matured, or become too old to count; an event may have stopped coming. Also raises the alerts of calendars that
 * end, and finishes alerts that nobody has published.
 */
export async function checkDue(deps: CheckGuardrailsDeps): Promise<void> {
  const now = deps.clock();
  const due = await deps.checks.due(now, MAX_DUE);
  await mapWithConcurrency(CONCURRENCY, due, async ({ scope, at }) => {
    await deps.checks.done(scope, at, await check(deps, scope));
  });
  const { snapshot } = await deps.catalog.snapshot();
  for (const ending of alertsOfCalendars(snapshot, now)) {
    const alert = await deps.alerts.raise(ending);
    if (alert.publishedAt === undefined) await finish(deps, alert, snapshot, now);
  }
  const unpublished = await deps.alerts.unpublished(now, MAX_ALERTS);
  for (const alert of unpublished) await finish(deps, alert, snapshot, now);
}

/** Returns when it must be checked again although nothing happens. */
async function check(deps: CheckGuardrailsDeps, name: string): Promise<EpochMs | undefined> {
  const event = entryEventOf(name);
  if (event !== undefined) return checkEntryEvent(deps, event);
  const scope = guardScopeOf(name);
  if (scope === undefined) return undefined;
  const { snapshot, pointer } = await deps.catalog.snapshot();
  const generation = generationOf(pointer, scope);
  const rules = snapshot.settings.guardrails.filter((rule) => rule.scope === scope.kind);
  const now = deps.clock();
  const readings = await readRules(deps, { scope, generation, rules, now });
  for (const reading of readings)
    if (reading.measured.state === 'breached') await actOn(deps, { ...reading, scope, generation, now }, snapshot);
  return earliest(...readings.map(({ next }) => next));
}
