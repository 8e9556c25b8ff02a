import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profileStore } from '../../../adapters/dynamo/profiles.ts';
import { unsubscribeToken } from '../../../core/links/token.ts';
import { addressHash, addressId } from '../../../core/profiles/address-record.ts';
import type { Profile } from '../../../core/profiles/profile.ts';
import { follow, type LinkDeps } from '../../../functions/tracking-links/routes/follow.ts';
import type { HttpEvent } from '../../../runtime/handlers/http-handler.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
const SECRET = 'secret';
const [OWN, STRANGERS] = ['+8613800138000', '+8613900139000'];
let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables();
});
afterAll(() => tables.stop());

const having = (number: string | undefined, pv: number): Profile => ({
  identity: { kind: 'user', id: 'mallory' },
  pv,
  traits: {},
  addresses: number === undefined ? {} : { sms: { value: number, status: 'ok' } },
});

/** Consents to SMS on the page of a message to `to`, while another call gives the customer the number that has sent STOP. */
async function agreesWhileNumberChanges(profile: string, had: string | undefined, to: string | undefined) {
  const profiles = profileStore(tables.client, TABLES.profiles);
  await profiles.updateProfile(profile, undefined, having(had, 1));
  await profiles.recordStopReply({ channel: 'sms', value: STRANGERS }, false, NOW - 1_000);
  let reads = 0;
  const deps = {
    messages: { get: async () => ({ id: 'm', profile, channel: to === undefined ? 'email' : 'sms', to }) },
    profiles: {
      ...profiles,
      home: async (key: string) => {
        const home = await profiles.home(key);
        if (reads++ === 0) await profiles.updateProfile(key, having(had, 1), having(STRANGERS, 2));
        return home;
      },
    },
    catalog: { snapshot: async () => ({ snapshot: { settings: { locale: 'en', topics: [] } } }) },
    secret: async () => SECRET,
    clock: () => NOW,
  } as unknown as LinkDeps;
  const event = {
    rawPath: '/u/x',
    pathParameters: { token: unsubscribeToken(SECRET, 'm') },
    requestContext: { http: { method: 'POST' } },
    body: 'preferences=2&was=sms%3D&sms=yes',
  } as unknown as HttpEvent;
  const answer: APIGatewayProxyStructuredResultV2 = await follow(deps, event);
  expect(answer.statusCode).toBe(200);
  const ref = { channel: 'sms' as const, value: STRANGERS };
  return (await profiles.addressRecords([ref])).get(addressId(ref))?.answer?.granted;
}

describe('a yes on the preference page, while the customer’s number changes', () => {
  it('lifts the STOP of no number that the page does not prove', async () => {
    expect(await agreesWhileNumberChanges('by-email', undefined, undefined)).toBe(false);
    const own = addressHash({ channel: 'sms', value: OWN });
    expect(await agreesWhileNumberChanges('by-sms', OWN, own)).toBe(false);
  });
});
