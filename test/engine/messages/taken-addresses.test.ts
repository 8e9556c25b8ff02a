import { describe, expect, it } from 'vitest';
import { addressHash } from '../../../core/profiles/address-record.ts';
import type { Profile } from '../../../core/profiles/profile.ts';
import { frozenAddress, isTaken } from '../../../engine/messages/taken-addresses.ts';

const asked: string[] = [];
const sharers: Record<string, string[]> = { 'box@example.com': ['me', 'other'], 'mine@example.com': ['me'] };
const deps = {
  profiles: {
    byAddress: async ({ value }: { value: string }) => {
      asked.push(value);
      return { keys: sharers[value] ?? [] };
    },
  },
} as never;
const taken = (email: string, frozen: string[] | undefined, channel: 'email' | 'push' = 'email') => {
  const addresses = {
    email: { value: email, status: 'ok' },
    push: [{ value: 'token', platform: 'ios', status: 'ok' }],
  } as Profile['addresses'];
  const all = { request: { frozen }, home: { key: 'me', profile: { addresses } } } as never;
  return isTaken(deps, all, channel);
};
const frozen = (value: string) => [frozenAddress('email', addressHash({ channel: 'email', value }))];

describe('an address of a campaign’s recipient', () => {
  it('is taken if it came after the freeze, and another profile has it', async () => {
    expect(await taken('box@example.com', frozen('mine@example.com'))).toBe(true);
    expect(await taken('box@example.com', [])).toBe(true);
  });

  it('is its own if nobody else has it', async () => {
    expect(await taken('mine@example.com', frozen('box@example.com'))).toBe(false);
  });

  it('is not asked about if it was there at the freeze, however it is written', async () => {
    asked.length = 0;
    expect(await taken('Box@example.com', frozen('box@example.com'))).toBe(false);
    expect(asked).toEqual([]);
  });

  it('is not asked about for other messages, nor for tokens, which belong to one profile', async () => {
    asked.length = 0;
    expect(await taken('box@example.com', undefined)).toBe(false);
    expect(await taken('box@example.com', [], 'push')).toBe(false);
    expect(asked).toEqual([]);
  });
});
