import { describe, expect, it } from 'vitest';
import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import type { Pointer } from '../../../core/catalog/snapshot.ts';
import { SettingsSchema } from '../../../core/definitions/settings.ts';
import type { SendRequest } from '../../../core/messages/send-request.ts';
import type { Source } from '../../../core/messages/source.ts';
import { type GateInput, gate } from '../../../core/sending/gate.ts';
import { sendRulesOfCampaign } from '../../../core/sending/send-rules.ts';

const CAMPAIGN = { kind: 'campaign', id: 'spring', version: 1, occurrence: 'o1' } as const;
const JOURNEY = { kind: 'journey', id: 'wake', version: 1, node: 'remind', run: 'r' } as const;
const NOW = Date.parse('2026-11-02T15:00+08:00');

interface Case {
  archived?: Record<string, number>;
  source?: Source;
  request?: Partial<SendRequest>;
  pointer?: Partial<Pointer>;
  class?: 'transactional';
  isHeldOut?: boolean;
  definition?: GateInput['definition'];
  now?: number;
}

function asked({ source = CAMPAIGN, request, pointer, isHeldOut = false, definition, now = NOW, ...given }: Case) {
  const granted = { granted: true, at: 0, source: 'api' } as const;
  return gate({
    request: { source, channels: ['push', 'sms'], ...request },
    template: { class: given.class ?? 'marketing', content: { sms: {}, push: {} } },
    run: undefined,
    definition,
    snapshot: {
      ...emptySnapshot(),
      archivedCampaigns: given.archived,
      settings: SettingsSchema.parse({ floors: [], window: { hours: [['14:00', '16:00']] } }),
    },
    pointer: { version: 1, channels: {}, journeys: {}, ...pointer },
    profile: {
      identity: { kind: 'user', id: 'ann' },
      pv: 1,
      traits: {},
      addresses: {
        push: [{ value: 't', status: 'ok', platform: 'ios', at: 0 }],
        sms: { value: '+8613800138000', status: 'ok' },
      },
    },
    isHeldOut,
    consents: { sms: granted, push: granted },
    records: new Map(),
    fatigued: new Set(),
    now,
  });
}

describe('a reason that was decided before the gate', () => {
  it('comes after a cancelled occurrence, and before all others', () => {
    const request = { refuse: 'late', validUntil: 0 };
    const pointer = { campaigns: { spring: { since: 0 } } };
    expect(asked({ request, pointer, isHeldOut: true })).toEqual({ refuse: 'late' });
    expect(asked({ request, pointer: { cancelled: { 'spring#o1': NOW } } })).toEqual({ refuse: 'cancelled' });
    expect(asked({ request, pointer: { cancelled: { 'spring#o2': NOW } } })).toEqual({ refuse: 'late' });
  });

  it('comes after an archive of that version or a later one', () => {
    const request = { refuse: 'late' };
    expect(asked({ request, archived: { spring: 1 } })).toEqual({ refuse: 'cancelled' });
    const source = { ...CAMPAIGN, version: 2 };
    expect(asked({ request, source, archived: { spring: 1 } })).toEqual({ refuse: 'late' });
    expect(asked({ request, archived: { autumn: 1 } })).toEqual({ refuse: 'late' });
    expect(asked({ source: JOURNEY, request, archived: { wake: 1 } })).toEqual({ refuse: 'late' });
  });
});

describe('the global control group', () => {
  it.each<[string, Case, boolean]>([
    ['of a campaign', {}, true],
    ['of a journey', { source: JOURNEY }, true],
    ['as sendability asks', { source: { kind: 'api', id: 'sendability' } }, true],
    ['of a test', { source: { kind: 'test', id: 'offer' } }, false],
    ['that is transactional', { class: 'transactional' }, false],
    ['of others', { isHeldOut: false }, false],
  ])('gets no message %s: %o', (_, given, isRefused) => {
    const verdict = asked({ isHeldOut: true, ...given });
    expect('refuse' in verdict && verdict.refuse === 'holdout').toBe(isRefused);
  });

  it('is not held, and is the same for a message that has expired', () => {
    const pointer = { campaigns: { spring: { since: 0 } }, channels: { push: { since: 0 } } };
    expect(asked({ isHeldOut: true, pointer })).toEqual({ refuse: 'holdout' });
    expect(asked({ isHeldOut: true, request: { validUntil: 0 } })).toEqual({ refuse: 'holdout' });
  });
});

describe('a channel whose address is another recipient’s', () => {
  const passed = (...channels: ('push' | 'sms')[]) => ({
    passed: channels.map((channel) => ({ channel, reason: 'duplicate' })),
  });

  it('is passed over, and ends the message where it is the last', () => {
    expect(asked({ request: passed('push') })).toMatchObject({ send: { channel: 'sms' } });
    expect(asked({ request: passed('sms') })).toMatchObject({ send: { channel: 'push' } });
    expect(asked({ request: passed('push', 'sms') })).toEqual({ refuse: 'duplicate', channel: 'sms' });
    expect(asked({ request: { ...passed('sms'), channels: ['sms'] } })).toEqual({
      refuse: 'duplicate',
      channel: 'sms',
    });
  });
});

describe('a campaign', () => {
  const variants = [
    {
      name: 'a',
      weight: 1,
      window: { hours: [['18:00', '20:00']] as [string, string][], otherwise: 'defer' as const },
    },
    { name: 'b', weight: 1 },
  ];
  const campaign = { window: 'none', variants, caps: [{ max: 1, within: '7d' }] } as unknown as Parameters<
    typeof sendRulesOfCampaign
  >[0];
  const definitionFor = (variant?: string) =>
    sendRulesOfCampaign(campaign, { ...CAMPAIGN, ...(variant === undefined ? {} : { variant }) });

  it('goes by the window of its variant, then by its own, then by the settings’', () => {
    const at = (hour: string) => Date.parse(`2026-11-02T${hour}+08:00`);
    const of = (variant: string | undefined, now: number) =>
      asked({ source: { ...CAMPAIGN, ...(variant && { variant }) }, definition: definitionFor(variant), now });
    expect(of('a', at('15:00'))).toMatchObject({ defer: { until: at('18:00'), why: 'outside-window' } });
    expect(of('a', at('19:00'))).toMatchObject({ send: { channel: 'push' } });
    expect(of('b', at('03:00'))).toMatchObject({ send: { channel: 'push' } });
    const { window: _none, ...rules } = definitionFor('b');
    expect(asked({ definition: rules, now: at('13:00') })).toMatchObject({ defer: { until: at('14:00') } });
  });

  it('holds its own messages while it is paused, those of others not', () => {
    expect(asked({ pointer: { campaigns: { spring: { since: 0 } } } })).toEqual({ hold: 'campaign:spring' });
    expect(asked({ pointer: { campaigns: { autumn: { since: 0 } } } })).toMatchObject({ send: { channel: 'push' } });
    expect(asked({ pointer: { journeys: { spring: { since: 0 } } } })).toMatchObject({ send: { channel: 'push' } });
  });
});
