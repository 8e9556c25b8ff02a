import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { readStoredSends, sendKeyOf } from '../../core/profiles/counted-sends.ts';
import type { Consents } from '../../core/profiles/profile.ts';
import { MemoryTables } from './memory.ts';
import { START } from './script.ts';
import { TABLES } from './tables.ts';

/** Tests the conditions of a profile's items: another write comes between a writer's read and its own write. */

const AT = START;

/** A store of profiles, and a writer for whom `before` comes between its read of the item `sk` and its first write of it. */
function profiles() {
  const memory = new MemoryTables();
  const store = profileStore(memory.client, TABLES.profiles);
  const late = (sk: string, before: () => Promise<unknown>) => {
    let hasCome = false;
    const send = async (command: { constructor: { name: string }; input: { Item?: { sk: string } } }) => {
      if (!hasCome && command.constructor.name === 'PutCommand' && command.input.Item?.sk === sk) {
        hasCome = true;
        await before();
      }
      return memory.client.send(command as never);
    };
    // The adapters use nothing of a client but `send`.
    return profileStore({ send } as unknown as DynamoDBDocumentClient, TABLES.profiles);
  };
  const items = (pk: string, prefix: string) =>
    memory.all(TABLES.profiles).filter((item) => item.pk === pk && String(item.sk).startsWith(prefix));
  return { store, late, items };
}

const said = (granted: boolean, at = AT) => [{ key: 'email', entry: { granted, at, source: 'api' as const } }];
const fold =
  (entries: ReturnType<typeof said>) =>
  (now: Consents = {}): Consents => ({
    ...now,
    ...Object.fromEntries(entries.map(({ key, entry }) => [key, entry])),
  });
const send = { at: AT, channel: 'email' as const };
const [first, second] = [sendKeyOf('first'), sendKeyOf('second')];
const profile = (pv: number) => ({
  ...{ identity: { kind: 'user' as const, id: 'x' }, pv, addresses: {} },
  traits: { city: { value: 'Xi’an', ts: AT, by: `m${pv}` } },
});

describe('of a profile that is merged between a writer’s read and its write', () => {
  it('the consent is written to the survivor, and what was fenced stays as it was', async () => {
    const { store, late, items } = profiles();
    await store.addConsents('x', said(true), fold(said(true)));
    const no = said(false, AT + 1);
    await late('CONSENT', () => store.fence('x', 'consents', 'u')).addConsents('x', no, fold(no));
    expect((await store.query('x')).consents).toMatchObject({ email: { granted: true } });
    expect((await store.query('u')).consents).toMatchObject({ email: { granted: false } });
    // The proof of it, too: the items of x may have been moved already.
    expect(items('u', 'LEDGER#')).toMatchObject([{ consent: 'email', granted: false }]);
  });

  it('the send is counted with the survivor', async () => {
    const { store, late } = profiles();
    await store.changeSends('x', () => ({ [first]: send }));
    await late('#SENDS', () => store.fence('x', 'sends', 'u')).changeSends('x', (now) => ({ ...now, [second]: send }));
    expect(Object.keys(await store.readSends('u'))).toEqual([second]);
    expect(Object.keys(readStoredSends((await store.query('x')).sends?.body))).toEqual([first]);
  });

  it('nothing is folded into it', async () => {
    const { store, late } = profiles();
    await store.addConsents('x', said(true), fold(said(true)));
    const folding = late('CONSENT', () => store.fence('x', 'consents', 'u'));
    expect(await folding.foldInto('x', 'consents', fold(said(false)))).toBe(false);
    expect((await store.query('x')).consents).toMatchObject({ email: { granted: true } });
  });

  it('traits are refused', async () => {
    const { store, late } = profiles();
    await store.updateProfile('x', undefined, profile(1));
    const writing = late('#PROFILE', () => store.fence('x', 'profile', 'u'));
    expect(await writing.updateProfile('x', profile(1), profile(2))).toBe(false);
    expect(await store.readProfile('x')).toMatchObject({ pv: 1, mergedInto: 'u' });
  });

  it('a second fence does not lead elsewhere', async () => {
    const { store } = profiles();
    await store.updateProfile('x', undefined, profile(1));
    await store.fence('x', 'profile', 'u');
    expect(await store.fence('x', 'profile', 'v')).toMatchObject({ mergedInto: 'u' });
  });
});

describe('of a profile that another writes between a writer’s read and its write', () => {
  it('both consents are kept', async () => {
    const { store, late } = profiles();
    await store.addConsents('x', said(true), fold(said(true)));
    const sms = [{ key: 'sms', entry: { granted: false, at: AT, source: 'api' as const } }];
    await late('CONSENT', () => store.addConsents('x', sms, fold(sms))).addConsents(
      'x',
      said(false),
      fold(said(false)),
    );
    expect((await store.query('x')).consents).toMatchObject({ email: { granted: false }, sms: { granted: false } });
  });

  it('traits are refused', async () => {
    const { store } = profiles();
    await store.updateProfile('x', undefined, profile(1));
    await store.updateProfile('x', profile(1), profile(2));
    expect(await store.updateProfile('x', profile(1), profile(2))).toBe(false);
  });
});

it('a look-up from an address that a later write has put is not removed for an earlier one', async () => {
  const { store } = profiles();
  const withEmail = (pv: number) => ({
    ...profile(pv),
    addresses: { email: { value: 'a@b.cn', at: AT, status: 'ok' as const } },
  });
  await store.updateProfile('x', undefined, profile(1));
  await store.updateProfile('x', profile(1), profile(2));
  await store.updateProfile('x', profile(2), withEmail(3));
  // One that is late puts its look-up and is refused; another removes what it had before.
  expect(await store.updateProfile('x', profile(1), withEmail(2))).toBe(false);
  await store.removeLookUps('x', withEmail(2));
  expect((await store.byAddress({ channel: 'email', value: 'a@b.cn' })).keys).toEqual(['x']);
});

it('an earlier entry into a journey does not take the place of a later one', async () => {
  const { store } = profiles();
  for (const at of [AT, AT + 2, AT + 1]) await store.putEntered('x', 'cart#a', { entry: `run-${at}`, at });
  expect(await store.readEntered('x', 'cart#a')).toEqual({ entry: `run-${AT + 2}`, at: AT + 2 });
});
