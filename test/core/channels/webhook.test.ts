import { describe, expect, it } from 'vitest';
import { reachableChannels } from '../../../core/channels/registry.ts';
import { type Settings, SettingsSchema } from '../../../core/definitions/settings.ts';
import type { Consents } from '../../../core/profiles/profile.ts';
import { chooseChannel } from '../../../core/sending/choose-channel.ts';
import { checkTemplate } from '../../../core/templates/check.ts';
import { render } from '../../../core/templates/render.ts';
import { TemplateSchema } from '../../../core/templates/schema.ts';

const place = { url: 'https://example.com/m', headers: { Authorization: { secret: 'crm-token' } } };
const settings = (webhookChannel?: object): Settings => SettingsSchema.parse({ webhookChannel });
const template = (body: object, more: object = {}) =>
  TemplateSchema.parse({ class: 'marketing', content: { webhook: { body }, ...more } });

const faultsOf = (webhookChannel: unknown) =>
  SettingsSchema.safeParse({ webhookChannel }).error?.issues.map(({ path, message }) => [path.join('.'), message]);

describe('the place that messages go to by webhook', () => {
  it('is a URL of the settings, with a method and headers where they say so', () => {
    expect(faultsOf(place)).toBeUndefined();
    expect(faultsOf({ url: 'http://127.0.0.1:4600/_local/receiver', method: 'PUT' })).toBeUndefined();
  });

  it.each([
    [
      'https://example.com',
      '',
      'must be the place that messages go to, such as {"url": "https://example.com/messages"}',
    ],
    [{ url: 'http://example.com' }, 'url', 'must be an https URL'],
    [{ url: 'https://me:word@example.com' }, 'url', 'must not hold a password'],
    [{ url: 'https://example.com/{{ profile.id }}' }, 'url', expect.stringMatching(/^must not be Liquid/)],
    [{ ...place, method: 'GET' }, 'method', expect.any(String)],
    [{ ...place, headers: { A: '{{ profile.id }}' } }, 'headers.A', expect.stringMatching(/^must not be Liquid/)],
    [{ ...place, headers: { 'webhook-id': 'x' } }, 'headers.webhook-id', 'is set by Cairn'],
  ])('is not %j', (given, path, message) => {
    expect(faultsOf(given)).toEqual([[`webhookChannel${path === '' ? '' : `.${path}`}`, message]]);
  });
});

describe('a channel that everybody is reached on', () => {
  const choose = (given: Settings, consents: Consents = { webhook: { granted: true, at: 0, source: 'api' } }) =>
    chooseChannel({
      request: { channels: ['webhook', 'sms'], source: { kind: 'api', id: 'ann' } },
      template: template({ text: 'Hello' }, { sms: { text: 'Hello' } }),
      profile: {
        identity: { kind: 'user', id: 'ann' },
        pv: 1,
        traits: {},
        addresses: { sms: { value: '+8613800138000', status: 'ok' } },
      },
      consents: { sms: { granted: true, at: 0, source: 'api' }, ...consents },
      records: new Map(),
      fatigued: new Set(),
      broken: new Map(),
      settings: given,
    });

  it('is taken where the settings name a place, else the next one', () => {
    expect(choose(settings(place))).toEqual({ target: { channel: 'webhook', method: 'POST', ...place } });
    expect(choose(settings())).toEqual({ target: { channel: 'sms', address: '+8613800138000' } });
    expect(reachableChannels(settings())).toEqual(['email', 'sms', 'push']);
    expect(reachableChannels(settings(place))).toEqual(['email', 'sms', 'push', 'webhook']);
  });

  it('needs consent as any other', () => {
    expect(choose(settings(place), { webhook: { granted: false, at: 0, source: 'page' } })).toMatchObject({
      target: { channel: 'sms' },
    });
  });
});

describe('what is sent by webhook', () => {
  const variables = {
    profile: { id: 'ann', points: 3 },
    data: { items: [{ sku: 'k1' }] },
    event: {},
    unsubscribeUrl: 'https://cairn.test/u/t',
  };
  const rendered = (body: object) =>
    render(template(body), 'webhook', variables, {
      locale: 'en',
      baseLocale: 'en',
      settings: settings(place),
      link: () => 'counted',
      class: 'marketing',
    });

  it('has Liquid in every string, however deep; one output alone keeps its type', () => {
    const body = {
      to: '{{ profile.id }}',
      points: '{{ profile.points }}',
      n: 1,
      list: [{ sku: '{{ data.items[0].sku }}' }],
    };
    expect(rendered(body)).toEqual({
      channel: 'webhook',
      body: { to: 'ann', points: 3, n: 1, list: [{ sku: 'k1' }] },
    });
  });

  it('keeps its links: a program reads them', () => {
    expect(rendered({ picture: 'https://shop.example/1.png', leave: '{{ unsubscribeUrl }}' })).toMatchObject({
      body: { picture: 'https://shop.example/1.png', leave: 'https://cairn.test/u/t' },
    });
  });

  it('fails without a variable that it asks for', () => {
    expect(() => rendered({ text: '{{ data.none }}' })).toThrow('data.none');
  });

  it('is checked at its own pointer, whatever a field is called', () => {
    expect(checkTemplate(template({ 'a/b': [{ c: '{{ customer.name }}' }] }))).toMatchObject([
      { path: '/content/webhook/body/a~1b/0/c' },
    ]);
  });

  it.each([
    [{}, 'needs a field: it is all that the receiver gets'],
    [JSON.parse(`{"a":${'['.repeat(32)}1${']'.repeat(32)}}`), 'must not be nested more than 32 deep'],
  ])('is refused where it says nothing, or is too deep to be worked', (body, message) => {
    const { error } = TemplateSchema.safeParse({ class: 'marketing', content: { webhook: { body } } });
    expect(error?.issues).toMatchObject([{ path: ['content', 'webhook', 'body'], message }]);
    expect(
      TemplateSchema.safeParse({
        class: 'marketing',
        content: { webhook: { body: JSON.parse(`{"a":${'['.repeat(31)}1${']'.repeat(31)}}`) } },
      }).success,
    ).toBe(true);
  });
});
