import { contentVersions } from '../../core/catalog/content-versions.ts';
import type { Version } from '../../core/catalog/definitions.ts';
import type { Head, Issue, Kind } from '../../core/definitions/definition.ts';
import type { Pins } from '../../core/definitions/pins.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { invalid, invalidAt } from '../errors.ts';
import type { DefinitionDeps, LifecycleDeps } from './deps.ts';
import {
  type Changed,
  type Found,
  newestVersion,
  requireStatus,
  type Transitioned,
  transition,
  type Verb,
  wrongState,
} from './lifecycle.ts';
import type { Submittable } from './lifecycles/lifecycle-kind.ts';
import { etagOf, requirePreconditions } from './preconditions.ts';
import { requireHead } from './read-definition.ts';

/** Dependencies of reading pins. */
type PinDeps = Pick<DefinitionDeps, 'definitions' | 'catalog' | 'clock'>;

const NO_PINS: Pins = { templates: {}, journeys: {} };

/**
 * draft → submitted: what cannot work is refused, and the newest version of all that it names is pinned. The same of a published one that has
 * not changed makes a new version of it, where what it names has changed.
 */
export function submit<K extends Kind, Deps extends LifecycleDeps>(verb: Verb<K, Deps>): Promise<Changed> {
  const { deps, of } = verb;
  return transition(verb, async (found) => {
    requireStatus(of.noun, found.head, 'submitted', 'draft', 'published');
    return found.head.status === 'draft' ? submittedHead(deps, of, found) : repinned(verb, found);
  });
}

/** Returns the pins that `submit` would set, and those of the live version. Changes nothing. */
export async function dryRun<K extends Kind, Deps extends LifecycleDeps>({
  deps,
  of,
  id,
  headers,
}: Verb<K, Deps>): Promise<{ pins: { before: Pins; after: Pins } }> {
  const { kind } = of.kind;
  const head = await requireHead(deps, kind, id);
  requirePreconditions(headers, etagOf(head.rev));
  const found: Found<K> = { id, head, version: await newestVersion(deps, kind, id, head) };
  requireStatus(of.noun, head, 'submitted', 'draft', 'published');
  const { pins } = await checkAndPin(deps, of, found);
  return { pins: { before: await livePins(deps, kind, found), after: pins } };
}

async function livePins<K extends Kind>(deps: PinDeps, kind: K, { id, head }: Found<K>): Promise<Pins> {
  if (head.published === undefined) return NO_PINS;
  return (await deps.definitions.version(kind, id, head.published))?.pins ?? NO_PINS;
}

async function repinned<K extends Kind, Deps extends LifecycleDeps>(
  { deps, of, caller }: Verb<K, Deps>,
  found: Found<K>,
): Promise<Transitioned<K>> {
  const { head, version } = found;
  const { pins, warnings } = await checkAndPin(deps, of, found);
  if (isSame(pins, await livePins(deps, of.kind.kind, found)))
    throw wrongState('It is published, and so is the newest version of all that it names.');
  const { pins: _pins, ...rest } = version;
  const made: Version<K> = { ...rest, author: caller.sub, at: deps.clock(), warnings };
  return { head: { ...withoutDecision(head), status: 'submitted', pins, authors: [caller.sub] }, version: made };
}

/** The head with the pins of this moment; 422 where it cannot work. */
export async function submittedHead<K extends Kind, Deps extends PinDeps>(
  deps: Deps,
  of: Submittable<K, Deps>,
  found: Found<K>,
): Promise<Head> {
  const { pins, warnings } = await checkAndPin(deps, of, found);
  return { ...withoutDecision(found.head), status: 'submitted', pins, warnings };
}

const withoutDecision = ({ approver: _approver, rejected: _rejected, warnings: _warnings, ...head }: Head): Head =>
  head;

/** Returns the pins and warnings of a submission; 422 if it cannot work. */
export async function checkAndPin<K extends Kind, Deps extends PinDeps>(
  deps: Deps,
  of: Submittable<K, Deps>,
  { id, version }: Found<K>,
): Promise<{ pins: Pins; warnings: Issue[] }> {
  const { errors, warnings } = await of.check(deps, id, version.definition);
  if (errors.length > 0) throw invalid(`The ${of.noun} cannot work.`, errors);
  return { pins: await pinsOf(deps, of.pinnedBy(version.definition)), warnings };
}

/** Content items that a journey may pin: its version and the live rules carry a line for each. */
const MAX_CONTENT = 300;

async function pinsOf(deps: PinDeps, named: ReturnType<Submittable<Kind, PinDeps>['pinnedBy']>): Promise<Pins> {
  const pins: Pins = { templates: {}, journeys: {} };
  for (const { kind, id } of named) {
    const head = await deps.definitions.head(kind, id);
    if (head !== undefined && !head.deleted) pins[kind][id] = head.latest;
  }
  const content = await contentOf(deps, pins.templates);
  return content === undefined ? pins : { ...pins, content };
}

/** Returns the newest version of every item that a block of these templates may show; undefined: none of them has blocks. */
async function contentOf(deps: PinDeps, templates: Pins['templates']): Promise<Pins['content']> {
  const versions = await mapWithConcurrency(8, Object.entries(templates), async ([id, n]) => [
    (await deps.definitions.version('templates', id, n))?.definition,
  ]);
  const withBlocks = versions.flat().filter((template) => template?.blocks !== undefined);
  if (withBlocks.length === 0) return undefined;
  const now = deps.clock();
  const { snapshot } = await deps.catalog.snapshot({ since: now });
  const content = contentVersions(
    snapshot,
    withBlocks.flatMap((template) => template ?? []),
    now,
  );
  const count = Object.keys(content).length;
  if (count > MAX_CONTENT)
    throw invalidAt('/nodes', `its templates show content of kinds with ${count} items; at most ${MAX_CONTENT}`);
  return content;
}

const isSame = (one: Pins, other: Pins): boolean =>
  (['templates', 'journeys', 'content'] as const).every((kind) => {
    const [ours, theirs] = [one[kind] ?? {}, other[kind] ?? {}];
    return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].every((name) => ours[name] === theirs[name]);
  });
