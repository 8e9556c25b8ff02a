import type { Forecast } from '../../core/campaigns/plan.ts';
import { type Campaign, templateOf } from '../../core/campaigns/schema.ts';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { EpochMs } from '../../core/ids.ts';
import { exceededCap } from '../../core/sending/caps.ts';
import { capsFor } from '../../core/sending/gate.ts';
import { sendRulesOfCampaign } from '../../core/sending/send-rules.ts';
import type { TemplateDefinition } from '../../core/templates/schema.ts';
import { durationMs } from '../../core/time/duration.ts';
import { type GateDeps, gateByAddress, targetOf } from '../messages/gate-by-address.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import type { AudienceMember } from './evaluate-member.ts';
import { NO_TEMPLATE } from './recipient-request.ts';

export interface ForecastDeps extends GateDeps {
  profiles: GateDeps['profiles'] & Pick<ProfileStore, 'readSends'>;
}

/** A campaign that is planned, and the rules of now. */
export interface Planned {
  id: string;
  campaign: Campaign;
  at: EpochMs;
  templates: ReadonlyMap<string, TemplateDefinition>;
  snapshot: Snapshot;
  pointer: Pointer;
}

/** Newer than what was archived. */
const UNPUBLISHED = Number.MAX_SAFE_INTEGER;

/** A recipient; `taken`: channels on which its address is another recipient's; `due`: when it is handed over. */
export interface AskedAbout {
  member: AudienceMember;
  taken?: readonly Channel[] | undefined;
  due: EpochMs;
}

/** Asks the senders' gate and caps what they would say of a recipient when it is due, if nothing happens until then. A pause holds, and refuses nobody. */
export async function forecast(
  deps: ForecastDeps,
  planned: Planned,
  { member: { line, home }, taken = [], due }: AskedAbout,
): Promise<Forecast> {
  const { id, campaign, snapshot, pointer } = planned;
  const variant = campaign.variants?.[line.v ?? -1]?.name;
  const template = planned.templates.get(templateOf(campaign, variant) ?? '');
  if (template === undefined) return { due, leaves: due, reason: NO_TEMPLATE };
  const source = {
    kind: 'campaign',
    id,
    version: UNPUBLISHED,
    occurrence: '',
    ...(variant === undefined ? {} : { variant }),
  } as const;
  const definition = sendRulesOfCampaign(campaign, source);
  const passed = taken.map((channel) => ({ channel, reason: 'duplicate' }));
  const verdict = await gateByAddress(deps, {
    request: { source, channels: campaign.channels, passed },
    template,
    run: undefined,
    definition,
    snapshot,
    pointer: { ...pointer, campaigns: {} },
    home,
    now: due,
  });
  const channel = targetOf(verdict)?.channel;
  if (line.late === true) return { channel, reason: 'late', due, leaves: due };
  if ('refuse' in verdict) return { channel, reason: verdict.refuse, due, leaves: due };
  const leaves = 'defer' in verdict ? verdict.defer.until : due;
  const validFor = durationMs(campaign.validFor ?? snapshot.settings.validFor.campaign);
  if (leaves > due + validFor) return { channel, reason: 'expired', due, leaves };
  if (template.class === 'transactional' || channel === undefined) return { channel, due, leaves };
  const sends = await deps.profiles.readSends(home.key);
  const timezone = home.profile.timezone ?? snapshot.settings.timezone;
  const caps = capsFor(snapshot, source, definition);
  const reason = exceededCap(caps, { channel, topic: template.topic }, sends, timezone, leaves);
  return { channel, reason, due, leaves };
}
