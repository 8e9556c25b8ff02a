import * as z from 'zod';
import { ChannelSchema } from '../../../core/channels/registry.ts';
import { messageIdOfCall } from '../../../core/ids.ts';
import { firstSender } from '../../../core/messages/first-sender.ts';
import type { SendRequest } from '../../../core/messages/send-request.ts';
import { isTestAccount } from '../../../core/profiles/test-account.ts';
import { channelsOf } from '../../../core/templates/channels.ts';
import { durationMs } from '../../../core/time/duration.ts';
import { requireHead } from '../../../engine/definitions/read-definition.ts';
import { DomainError, invalid, invalidAt } from '../../../engine/errors.ts';
import { type FoundProfile, findProfile } from '../../../engine/profiles/find-profile.ts';
import { TextIdSchema } from '../../../runtime/http/params.ts';
import { requireQueueable } from '../../../runtime/http/queueable.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const MAX_PROFILES = 20;

/** The profiles, all of which are test accounts; 422 names each that is not. */
async function testAccounts(deps: Deps, ids: readonly string[]): Promise<FoundProfile[]> {
  const found = await Promise.all(ids.map((id) => findProfile(deps, id)));
  const accounts = found.flatMap((one) => (isTestAccount(one?.profile) && one !== undefined ? [one] : []));
  if (accounts.length === ids.length) return accounts;
  const errors = found.flatMap((one, index) =>
    isTestAccount(one?.profile)
      ? []
      : [
          {
            path: `/profileIds/${index}`,
            message:
              one === undefined ? 'there is no profile of that id' : 'needs the trait testAccount, with the value true',
          },
        ],
  );
  throw invalid('Tests go to test accounts only.', errors);
}

export const testSendRoutes: Route<Deps>[] = [
  route({
    method: 'POST',
    path: '/v1/templates/{id}/test',
    role: 'marketer',
    operationId: 'testTemplate',
    summary: 'Send a template to test accounts',
    description: 'Its newest version, outside caps and reports, to profiles with the trait `testAccount: true`.',
    body: () =>
      z.strictObject({
        profileIds: z.array(TextIdSchema).min(1).max(MAX_PROFILES),
        channel: ChannelSchema.optional().describe('absent: the first that the profile can be reached on'),
        data: z.record(z.string(), z.unknown()).optional(),
      }),
    status: 202,
    response: () => z.object({ messages: z.array(z.object({ profileId: z.string(), id: z.string() })) }),
    handle: async (deps, { params, body, intent, intendedAt }) => {
      const { id } = params;
      const head = await requireHead(deps, 'templates', id);
      const version = await deps.catalog.version('templates', id, head.latest);
      if (version === undefined) throw new DomainError({ code: 'not-found', detail: `There is no template ${id}.` });
      const channels = channelsOf(version.definition);
      if (body.channel !== undefined && !channels.includes(body.channel))
        throw invalidAt('/channel', 'the template has nothing for it');
      const accounts = await testAccounts(deps, body.profileIds);
      const { snapshot } = await deps.catalog.snapshot();
      const requests = accounts.map(
        ({ home, key }): SendRequest => ({
          message: messageIdOfCall(key, intendedAt, intent),
          profile: home.key,
          template: { id, version: head.latest },
          source: { kind: 'test', id },
          at: intendedAt,
          validUntil: intendedAt + durationMs(snapshot.settings.validFor.transactional),
          ...(body.channel === undefined ? {} : { channels: [body.channel] }),
          data: body.data,
        }),
      );
      for (const request of requests) requireQueueable(request, '/data');
      for (const request of requests)
        await deps.queues.send[firstSender(request, channels[0])].send([{ body: request }]);
      return {
        body: {
          messages: requests.map(({ message }, index) => ({ profileId: body.profileIds[index] ?? '', id: message })),
        },
      };
    },
  }),
];
