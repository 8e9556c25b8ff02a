import type { CairnEvent } from '../../../core/events/event.ts';
import { manualTagEvent } from '../../../core/events/internal.ts';
import { iso } from '../../../core/time/instant.ts';
import { requireHead } from '../../../engine/definitions/read-definition.ts';
import { DomainError } from '../../../engine/errors.ts';
import { requireProfile } from '../../../engine/profiles/find-profile.ts';
import { eventOut } from '../../../engine/profiles/outgoing.ts';
import type { Deps } from '../dependencies.ts';
import { ProfileSchema, profileView } from './profile-view.ts';
import { route } from './route.ts';

export const addTag = route({
  method: 'PUT',
  path: '/v1/profiles/{id+}/tags/{tag}',
  role: 'marketer',
  operationId: 'addTag',
  summary: 'Add a tag to a profile',
  description: '409 where the tag has a rule.',
  response: ProfileSchema,
  handle: async (deps, { params }) => {
    const { home } = await requireProfile(deps, params.id);
    const event = await tagEvent(deps, params.tag, true);
    await deps.queues.events.send([eventOut(home.key, event)]);
    // The profile's message group commits the change; the result is known already.
    const view = await profileView(deps, await requireProfile(deps, params.id));
    if (!view.tags.some(({ id }) => id === params.tag)) view.tags.push({ id: params.tag, since: iso(event.at) });
    return { body: view };
  },
});

export const removeTag = route({
  method: 'DELETE',
  path: '/v1/profiles/{id+}/tags/{tag}',
  role: 'marketer',
  operationId: 'removeTag',
  summary: 'Remove a tag from a profile',
  description: '409 where the tag has a rule.',
  status: 204,
  handle: async (deps, { params }) => {
    const { home } = await requireProfile(deps, params.id);
    await deps.queues.events.send([eventOut(home.key, await tagEvent(deps, params.tag, false))]);
    return {};
  },
});

/** Each call is an event of its own: if it is repeated after another call has changed the tag, it changes the tag back, as PUT and DELETE do. */
async function tagEvent(deps: Deps, tag: string, on: boolean): Promise<CairnEvent> {
  const head = await requireHead(deps, 'tags', tag);
  const version = await deps.definitions.version('tags', tag, head.latest);
  if (version?.definition.if !== undefined)
    throw new DomainError({ code: 'conflict', detail: `The tag ${tag} has a rule; nobody sets it by hand.` });
  return manualTagEvent(tag, on, 'api', deps.random(16), deps.clock());
}
