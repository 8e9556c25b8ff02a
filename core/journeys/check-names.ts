import { referencesOf } from '../conditions/references.ts';
import type { JourneyCondition } from '../conditions/schema.ts';
import type { CheckView, NewestJourney } from '../definitions/check-view.ts';
import type { Issue, Kind } from '../definitions/definition.ts';
import { KIND_NAMES } from '../definitions/kind-names.ts';
import { placedInGoal } from '../goals/reach.ts';
import { eventsNamed } from './event-names.ts';
import { type JourneyNode, typeOf } from './nodes/registry.ts';
import { secretsOf } from './nodes/webhook.ts';
import type { Journey } from './schema.ts';
import { placedWindows } from './windows.ts';

type Named = { path: string; kind: Kind; name: string };

/** Returns an error for each reference to a definition that does not exist or cannot be used so. */
export function unknownNames(id: string, journey: Journey, view: CheckView): Issue[] {
  // A journey may reference itself: it exists when it runs.
  const others = namesOf(journey).filter(({ kind, name }) => kind !== 'journeys' || name !== id);
  return [
    ...others.flatMap(({ path, kind, name }) =>
      view.has({ kind, id: name }) ? [] : [{ path, message: `there is no ${KIND_NAMES[kind].text} ${name}` }],
    ),
    ...Object.entries(journey.nodes).flatMap(([nodeId, node]) => [
      ...missingChannels(`/nodes/${nodeId}`, node, view),
      ...notPinnable(`/nodes/${nodeId}`, node, view),
      ...missingSecrets(`/nodes/${nodeId}`, node, view),
    ]),
    ...tagsToSet(journey).flatMap(({ path, tag }) =>
      view.has({ kind: 'tags', id: tag }) ? [] : [{ path, message: `there is no tag ${tag}` }],
    ),
    ...tagsWithRules(journey, view),
  ];
}

/**
 * Returns warnings about names that may be meant: events that have never arrived, and tags to set that are not defined yet (`submit` refuses those).
 */
export function unknownNameWarnings(journey: Journey, view: CheckView): Issue[] {
  return [
    ...eventsNamed(journey)
      .filter(({ event }) => !view.hasArrived(event))
      .map(({ path, event }) => ({ path, message: `no event ${event} has ever come`, until: { event } })),
    ...tagsToSet(journey)
      .filter(({ tag }) => !view.has({ kind: 'tags', id: tag }))
      .map(({ path, tag }) => ({
        path,
        message: `there is no tag ${tag} yet`,
        until: { kind: 'tags' as const, id: tag },
      })),
  ];
}

/** Warns about `existing`, which enters everybody at each publish: at a second one it enters those again who entered at the first. */
export function existingAgainWarnings(id: string, { entry, reentry = 'never' }: Journey, view: CheckView): Issue[] {
  const wasLive = view.live.journeys.some((one) => one.id === id) || Object.hasOwn(view.live.archived, id);
  if (!wasLive || reentry === 'never' || !('existing' in entry) || entry.existing !== true) return [];
  const whose = reentry === 'always' ? '' : ` whose last entry is more than ${reentry.after} ago`;
  const message = `lets everybody in again${whose} when it is published, for it was published before and has reentry`;
  return [{ path: '/entry/existing', message }];
}

function namesOf(journey: Journey): Named[] {
  return [
    ...inEntry(journey.entry),
    ...(journey.audience === undefined ? [] : inCondition('/audience', journey.audience)),
    ...(journey.exit ?? []).flatMap((rule, index) => inRule(`/exit/${index}`, rule)),
    ...placedInGoal(journey.goal).map(({ path, reference: { kind, id } }) => ({ path, kind, name: id })),
    ...Object.entries(journey.nodes).flatMap(([id, node]) => inNode(`/nodes/${id}`, node)),
    ...placedWindows(journey).flatMap(({ path, window: { calendar } }): Named[] =>
      calendar === undefined ? [] : [{ path: `${path}/calendar`, kind: 'calendars', name: calendar }],
    ),
  ];
}

function inEntry(entry: Journey['entry']): Named[] {
  if ('tag' in entry) return [{ path: '/entry/tag', kind: 'tags', name: entry.tag }];
  return 'segment' in entry ? [{ path: '/entry/segment', kind: 'segments', name: entry.segment }] : [];
}

function inCondition(path: string, condition: JourneyCondition): Named[] {
  const references = referencesOf(condition);
  const kinds = ['tags', 'segments', 'templates', 'journeys'] as const;
  return kinds.flatMap((kind) => references[kind].map((name) => ({ path, kind, name })));
}

const inRule = (here: string, rule: object): Named[] =>
  'tag' in rule ? [{ path: `${here}/tag`, kind: 'tags', name: String(rule.tag) }] : [];

function inNode(here: string, node: JourneyNode): Named[] {
  const asked = (typeOf(node).conditions?.(node) ?? []).flatMap(({ path, condition }) =>
    inCondition(here + path, condition),
  );
  switch (node.type) {
    case 'send':
      return [...asked, { path: `${here}/template`, kind: 'templates', name: node.template }];
    case 'coupon':
      return [...asked, { path: `${here}/pool`, kind: 'coupon-pools', name: node.pool }];
    case 'journey':
      return [...asked, { path: `${here}/journey`, kind: 'journeys', name: node.journey }];
    case 'wait-for':
      return [...asked, ...node.for.flatMap((way, index) => inRule(`${here}/for/${index}`, way))];
    default:
      return asked;
  }
}

/** Returns an error for channels of a node for which its template has no content. */
function missingChannels(here: string, node: JourneyNode, view: CheckView): Issue[] {
  if (node.type !== 'send') return [];
  const there = view.channelsOf(node.template);
  if (there === undefined) return [];
  return (node.channels ?? []).flatMap((channel, index) =>
    there.includes(channel)
      ? []
      : [{ path: `${here}/channels/${index}`, message: `template ${node.template} has no content for ${channel}` }],
  );
}

function missingSecrets(here: string, node: JourneyNode, view: CheckView): Issue[] {
  if (node.type !== 'webhook') return [];
  return secretsOf(node).flatMap(({ path, secret }) =>
    view.hasSecret(secret) ? [] : [{ path: here + path, message: `there is no secret ${secret}` }],
  );
}

/** A started journey is pinned to its newest version, which must have been published. */
function notPinnable(here: string, node: JourneyNode, view: CheckView): Issue[] {
  if (node.type !== 'journey') return [];
  const newest = view.newestJourney(node.journey);
  const because = newest === undefined ? undefined : whyNotPinnable(newest);
  return because === undefined ? [] : [{ path: `${here}/journey`, message: `journey ${node.journey} ${because}` }];
}

function whyNotPinnable({ version, status, published }: NewestJourney): string | undefined {
  if (status === 'archived') return 'is archived';
  if (published === undefined) return 'was never published';
  if (published === version) return undefined;
  return `has a newer version ${version} that is not published: publish or discard it`;
}

/** A tag with a rule cannot be set by a journey. */
function tagsWithRules(journey: Journey, view: CheckView): Issue[] {
  const ruled = new Set(view.live.rules.filter((rule) => rule.kind === 'tag').map((rule) => rule.id));
  return tagsToSet(journey)
    .filter(({ tag }) => ruled.has(tag))
    .map(({ path, tag }) => ({ path, message: `${tag} has a rule, and is not set by hand` }));
}

/** Tags that the journey adds or removes. */
function tagsToSet({ exit = [], nodes }: Journey): { path: string; tag: string }[] {
  const at = (path: string, tags: string[] = []) => tags.map((tag, index) => ({ path: `${path}/${index}`, tag }));
  return [
    ...exit.flatMap((rule, index) => at(`/exit/${index}/addTags`, rule.addTags)),
    ...Object.entries(nodes).flatMap(([id, node]) =>
      node.type === 'update'
        ? [...at(`/nodes/${id}/addTags`, node.addTags), ...at(`/nodes/${id}/removeTags`, node.removeTags)]
        : [],
    ),
  ];
}
