import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { borrowCairn, giveBack } from './borrowed.ts';
import type { Cairn } from './cairn.ts';

type Json = Record<string, unknown>;
interface ProfileView {
  id: string;
  traits: Json;
}

let cairn: Cairn;
beforeAll(async () => {
  cairn = await borrowCairn();
});
afterAll(() => giveBack(cairn));

const profile = (id: string) => cairn.ok<ProfileView>('admin', 'GET', `/v1/profiles/${encodeURIComponent(id)}`);

describe('an id', () => {
  it.each(['王芳 😀', 'ann@example.com', 'a/b?c#d', 'x/tags/vip', '100%', 'a%2Fb'])('may be %s', async (id) => {
    await cairn.identify(id, { said: '👍' });
    expect(await profile(id)).toMatchObject({ id, traits: { said: '👍' } });
  });
});

/** The clock stands still: only arrival and index tell what is later. */
describe('of one instant', () => {
  const SEVERAL = Array.from({ length: 6 }, (_, at) => at);

  it('the later item of a batch wins, whatever their message ids', async () => {
    for (const at of SEVERAL) {
      const one = (city: string) => ({ type: 'identify', userId: `tie-${at}`, traits: { city } });
      await cairn.post('batch', { batch: [one('first'), one('second')] });
      expect((await profile(`tie-${at}`)).traits.city).toBe('second');
    }
  });

  it('the later request wins, and a PATCH counts among them', async () => {
    for (const at of SEVERAL) {
      const id = `turn-${at}`;
      await cairn.identify(id, { city: 'first' });
      await cairn.identify(id, { city: 'second' });
      expect((await profile(id)).traits.city).toBe('second');
      await cairn.ok('marketer', 'PATCH', `/v1/profiles/${id}`, { traits: { city: 'third' } });
      expect((await profile(id)).traits.city).toBe('third');
      await cairn.identify(id, { city: 'fourth' });
      expect((await profile(id)).traits.city).toBe('fourth');
    }
  });
});
