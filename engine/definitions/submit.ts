import type { Version } from '../../core/catalog/definitions.ts';
import { journeys } from '../../core/catalog/kinds/journey.ts';
import type { Head, Issue } from '../../core/definitions/definition.ts';
import type { Pins } from '../../core/definitions/pins.ts';
import { checkReferences } from '../../core/journeys/check.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { invalid } from '../errors.ts';
import { type CheckDeps, checkView } from './check.ts';
import { startsItself } from './journey-loops.ts';
import {
  type Changed,
  type Found,
  type Moved,
  move,
  newestVersion,
  requireStatus,
  type Verb,
  wrongState,
} from './lifecycle.ts';
import { etagOf, requirePreconditions } from './preconditions.ts';
import { requireHead } from './read-definition.ts';

const NO_PINS: Pins = { templates: {}, journeys: {} };

/**
 * draft → submitted. Refuses a journey that cannot work, and pins the newest version of everything that it references. For an unchanged published
 * journey, makes a new version if something that it references has changed.
 */
export function submit(verb: Verb): Promise<Changed> {
  return move(verb, async (found) => {
    requireStatus(found, 'submitted', 'draft', 'published');
    return found.head.status === 'draft' ? submitted(verb.deps, found) : pinnedAnew(verb, found);
  });
}

/** Returns the pins that `submit` would set, and those of the live version. Changes nothing. */
export async function dryRun({ deps, id, headers }: Verb): Promise<{ pins: { before: Pins; after: Pins } }> {
  const head = await requireHead(deps, 'journeys', id);
  requirePreconditions(headers, etagOf(head.rev));
  const found: Found = { id, head, version: await newestVersion(deps, id, head) };
  requireStatus(found, 'submitted', 'draft', 'published');
  const { pins } = await checked(deps, found);
  return { pins: { before: await livePins(deps, found), after: pins } };
}

async function livePins(deps: CheckDeps, { id, head }: Found): Promise<Pins> {
  if (head.published === undefined) return NO_PINS;
  return (await deps.definitions.version('journeys', id, head.published))?.pins ?? NO_PINS;
}

async function pinnedAnew({ deps, caller }: Verb, found: Found): Promise<Moved> {
  const { head, version } = found;
  const { pins, warnings } = await checked(deps, found);
  if (isSame(pins, await livePins(deps, found)))
    throw wrongState('It is published, and so is the newest version of all that it names.');
  const { pins: _pins, ...rest } = version;
  const made: Version<'journeys'> = { ...rest, author: caller.sub, at: deps.clock(), warnings };
  return { head: { ...withoutDecision(head), status: 'submitted', pins, authors: [caller.sub] }, version: made };
}

/** Returns the head with the pins of this moment. Throws a 422 if the journey cannot work. */
export async function submitted(deps: CheckDeps, found: Found): Promise<Head> {
  const { pins, warnings } = await checked(deps, found);
  return { ...withoutDecision(found.head), status: 'submitted', pins, warnings };
}

const withoutDecision = ({ approver: _approver, rejected: _rejected, warnings: _warnings, ...head }: Head): Head =>
  head;

/** Returns the pins and the warnings of the journey. Throws 422 if the journey cannot work. */
async function checked(deps: CheckDeps, { id, version }: Found): Promise<{ pins: Pins; warnings: Issue[] }> {
  const journey = version.definition;
  const view = await checkView(deps, journeys, journey);
  const errors = [...checkReferences(id, journey, view).errors, ...(await startsItself(deps, id, journey))];
  if (errors.length > 0) throw invalid('The journey cannot work.', errors);
  return { pins: await pinsOf(deps, journey), warnings: journeys.check(id, journey, view).warnings };
}

/** Returns the templates that the journey uses and the journeys that it starts, with their newest versions. */
async function pinsOf(deps: Pick<CheckDeps, 'definitions'>, journey: Journey): Promise<Pins> {
  const pins: Pins = { templates: {}, journeys: {} };
  const started = new Set(
    Object.values(journey.nodes).flatMap((node) => (node.type === 'journey' ? node.journey : [])),
  );
  for (const { kind, id } of journeys.references(journey)) {
    if (kind !== 'templates' && !(kind === 'journeys' && started.has(id))) continue;
    const head = await deps.definitions.head(kind, id);
    if (head !== undefined && !head.deleted) pins[kind][id] = head.latest;
  }
  return pins;
}

const isSame = (one: Pins, other: Pins): boolean =>
  (['templates', 'journeys'] as const).every((kind) => {
    const names = new Set([...Object.keys(one[kind]), ...Object.keys(other[kind])]);
    return [...names].every((name) => one[kind][name] === other[kind][name]);
  });
