import { type Channel, ChannelSchema } from '../../core/channels/registry.ts';
import type { SenderDeps } from './deps.ts';
import { gateByAddress } from './gate-by-address.ts';
import { publishMove } from './publish-move.ts';
import { draftOf, requeue, type SendContext } from './send-context.ts';
import { taken } from './taken.ts';

/**
 * First holds the message, then checks with up-to-date rules and pauses whether it still must be held: a resume or an archive first changes those and
 * then looks for held messages.
 */
export async function hold(deps: SenderDeps, all: SendContext, by: string): Promise<void> {
  const { request } = all;
  const draft = draftOf(all, channelOfHold(by));
  const move = await deps.messages.hold(draft, by, all.now);
  if (!move) return taken(deps, all);
  await publishMove(deps, draft, move, all.now);
  const live = await deps.catalog.snapshot({ since: deps.clock() });
  const verdict = await gateByAddress(deps, { ...all, ...live });
  if (!('hold' in verdict)) await requeue(deps, deps.provider.channel, { ...request, released: true }, 0);
}

const channelOfHold = (by: string): Channel | undefined => ChannelSchema.safeParse(by).data;
