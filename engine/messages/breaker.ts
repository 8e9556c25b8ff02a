import { hashId } from '../../core/ids.ts';
import { isFailing, MAX_FAILED, OPEN_MS } from '../../core/policies/breaker.ts';
import type { Alerts } from '../alerts/ports.ts';
import type { Clock } from '../ports.ts';
import type { BreakerStore, Outcome, Provider } from './ports.ts';

/** Leaves providers alone that fail. */
export interface ProviderBreakers {
  /** Notes what a provider answered; `isProbe`: to a message that claimed the probe. */
  note(provider: Pick<Provider, 'name' | 'channel'>, outcome: Outcome['kind'], isProbe: boolean): Promise<void>;
  /** Whether this message is the one that probes the provider, which was seen open until `seen`. */
  claim(provider: Pick<Provider, 'name'>, seen: number): Promise<boolean>;
}

/** Successes that one sender keeps to itself while nothing fails. */
const KEPT = 50;
/** A provider that fails on and off is one alert in this time. */
const ALERT_AGAIN_MS = 10 * 60_000;

const FAILURES: ReadonlySet<Outcome['kind']> = new Set(['temporary', 'unknown']);

export function providerBreakers(store: BreakerStore, alerts: Pick<Alerts, 'raise'>, clock: Clock): ProviderBreakers {
  const kept = new Map<string, number>();
  return {
    async note({ name, channel }, outcome, isProbe): Promise<void> {
      const isFailure = FAILURES.has(outcome);
      const now = clock();
      if (isProbe) return isFailure ? store.stay(name) : store.close(name, now);
      // A provider that asks to be asked less works.
      if (outcome === 'throttled') return;
      const requests = (kept.get(name) ?? 0) + 1;
      kept.set(name, requests);
      if (!isFailure && requests < KEPT) return;
      kept.set(name, 0);
      const counts = await store.count(name, { requests, failures: Number(isFailure) }, now);
      if (!isFailure || !isFailing(counts)) return;
      // First: one that nobody hears of must not stay open.
      await alerts.raise(
        {
          id: hashId('breaker', name),
          at: now,
          kind: 'breaker',
          scope: 'channel',
          scopeId: channel,
          metric: 'failures',
          value: counts.failures / counts.requests,
          threshold: MAX_FAILED,
          did: 'alerted',
          detail: `${name} failed ${counts.failures} of the last ${counts.requests} requests: messages take their next channel, or wait`,
        },
        ALERT_AGAIN_MS,
      );
      await store.open(name, { channel, since: now, until: now + OPEN_MS });
    },
    claim: ({ name }, seen) => store.claim(name, seen, clock() + OPEN_MS),
  };
}
