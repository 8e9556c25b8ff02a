import { type BeginDeps, startOccurrence } from './begin-occurrence.ts';
import { type DecideDeps, decideWinner } from './decide-winner.ts';
import { type FreezeDeps, freezeAudience } from './freeze-audience.ts';
import type { CampaignMessage } from './messages.ts';
import { runTick, type SendDeps } from './send-occurrence.ts';

/** Everything that happens to a campaign by itself. Each may come twice, late, and in any order. */
export async function handleCampaign(
  deps: BeginDeps & FreezeDeps & SendDeps & DecideDeps,
  message: CampaignMessage,
): Promise<void> {
  if ('start' in message) await startOccurrence(deps, message.start);
  else if ('frozen' in message) await freezeAudience(deps, message.frozen);
  else if ('tick' in message) await runTick(deps, message.tick);
  else await decideWinner(deps, message.decide);
}
