import type { Alert } from '../../core/alerts/alert.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { CHANNELS } from '../../core/channels/registry.ts';
import { canonicalJson } from '../../core/definitions/canonical.ts';
import type { LifecycleName } from '../../core/definitions/definition.ts';
import type { Pausable, Pause } from '../../core/definitions/pins.ts';
import type { Guardrail } from '../../core/definitions/settings.ts';
import { type EpochMs, hashId } from '../../core/ids.ts';
import type { GuardScope } from '../../core/metrics/cohorts.ts';
import { lookBackMs, type Measured } from '../../core/policies/guardrails.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import type { Alerts, AlertTopic } from '../alerts/ports.ts';
import type { DefinitionStore, LiveRules } from '../definitions/ports.ts';
import type { SystemAudit } from './ports.ts';

export interface ActDeps {
  alerts: Pick<Alerts, 'raise' | 'settle' | 'unpublished' | 'published'>;
  topic: AlertTopic;
  rules: Pick<LiveRules, 'pauseOnce'>;
  definitions: Pick<DefinitionStore, 'head' | 'commitHead'>;
  audit: SystemAudit;
}

/** A rule whose bound was crossed. */
interface Breach {
  rule: Guardrail;
  measured: Measured;
  scope: GuardScope;
  generation: number;
  now: EpochMs;
}

/** Raises the alert. A rule that alerts only is raised anew once no message counts that counted then. */
export async function actOn(deps: ActDeps, breach: Breach, snapshot: Snapshot): Promise<void> {
  const { rule, measured, scope, generation, now } = breach;
  const [value, threshold] = [measured.rate ?? 0, measured.threshold ?? 0];
  const alert = await deps.alerts.raise(
    {
      id: hashId('guardrail', canonicalJson(rule), scope.name, generation),
      at: now,
      kind: 'guardrail',
      scope: scope.kind,
      scopeId: scope.id,
      metric: rule.metric,
      value,
      threshold,
      did: rule.do === 'pause' ? 'paused' : 'alerted',
      detail: detailOf(rule, measured.sent, value, threshold),
      generation,
    },
    rule.do === 'alert' ? lookBackMs(rule) : undefined,
  );
  if (alert.publishedAt === undefined) await finish(deps, alert, snapshot, now);
}

/**
 * Pause, audit entry, topic, in this order. Each step may be repeated: whoever finds the alert unpublished, after a crash or at the same time, goes
 * through all of them, whatever the rate is by then.
 */
export async function finish(deps: ActDeps, alert: Alert, snapshot: Snapshot, now: EpochMs): Promise<void> {
  const did = alert.did === 'paused' ? await pause(deps, alert, snapshot) : alert.did;
  await deps.topic.publish({ ...alert, did });
  await deps.alerts.published(alert.id, now);
}

/** Somebody may have paused it already, or resumed it since the messages were sent: then there was nothing to pause. */
async function pause(deps: ActDeps, alert: Alert, snapshot: Snapshot): Promise<Alert['did']> {
  const { at, id: alertId, detail = '', generation = 0 } = alert;
  const target = targetOf(alert, snapshot);
  const paused: Pause = { since: at, reason: detail, alert: alertId };
  if (target === undefined || !(await deps.rules.pauseOnce(target, paused, generation))) {
    await deps.alerts.settle(alertId, 'alerted');
    return 'alerted';
  }
  const { kind, id } = placeOf(target);
  if (kind !== 'channels') await showPaused(deps, kind, id, paused);
  const actor = alert.kind === 'campaign' ? 'budget' : alert.alarm === undefined ? 'guardrail' : 'alarm';
  await deps.audit.record(alertId, { at, actor, action: 'pause', kind, id, comment: detail });
  return 'paused';
}

/** A node pauses its journey. Undefined: it is live no longer. */
function targetOf({ scope, scopeId = '' }: Alert, { journeys, campaigns = [] }: Snapshot): Pausable | undefined {
  const [first = ''] = scopeId.split(':');
  if (scope === 'channel') {
    const channel = CHANNELS.find((one) => one === first);
    return channel && { channel };
  }
  if (scope === 'campaign') return campaigns.some(({ id }) => id === first) ? { campaign: first } : undefined;
  return journeys.some((live) => live.id === first) ? { journey: first } : undefined;
}

/** As the audit log names it. */
function placeOf(target: Pausable): { kind: 'channels' | LifecycleName; id: string } {
  if ('channel' in target) return { kind: 'channels', id: target.channel };
  return 'journey' in target ? { kind: 'journeys', id: target.journey } : { kind: 'campaigns', id: target.campaign };
}

/** The live rules hold the pause already; the head of the journey or campaign says so too, so that its status shows it. */
async function showPaused({ definitions }: ActDeps, kind: LifecycleName, id: string, paused: Pause): Promise<void> {
  await retryOnConflict(
    async () => {
      const head = await definitions.head(kind, id);
      if (head?.published === undefined || head.paused !== undefined) return true;
      const next = { ...head, paused, rev: head.rev + 1 };
      return (await definitions.commitHead(kind, id, head.rev, next)) ? true : CONFLICT;
    },
    () => new Error(`the head of ${kind} ${id} is always changed by others`),
  );
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

function detailOf(
  { metric, within, underBaseline }: Guardrail,
  sent: number,
  value: number,
  threshold: number,
): string {
  const side = value > threshold ? 'over' : 'under';
  const than = underBaseline === undefined ? '' : ', the rate of the 28 days before less the allowed fall';
  return `guardrail: ${metric} rate ${percent(value)} of ${sent} messages within ${within}, ${side} ${percent(threshold)}${than}`;
}
