import { expect, it } from 'vitest';
import { reservations } from '../../adapters/dynamo/reservations.ts';
import { LEASE_MS, ReservedError } from '../../engine/runs/ports.ts';
import { MemoryTables } from './memory.ts';

const KEY = { pk: 'coupons#pool', sk: 'DRAW#a' };
const terms = (now: number) => ({ now, ttlSeconds: 60 });

/** Executors of one decision; `before` runs before the named call of one of them. */
function deciders() {
  const { client } = new MemoryTables();
  const made: string[] = [];
  const decide = (by: string) => async (isSecond: boolean) => {
    made.push(isSecond ? `${by}, second` : by);
    return { value: by };
  };
  const slow = (name: string, before: () => Promise<unknown>) => {
    let hasCome = false;
    const send = async (command: { constructor: { name: string } }) => {
      if (command.constructor.name === name && !hasCome) {
        hasCome = true;
        await before();
      }
      return client.send(command as never);
    };
    // The adapters use nothing of a client but `send`.
    return reservations({ send } as unknown as typeof client, 'catalog');
  };
  return { made, decide, slow, quick: reservations(client, 'catalog') };
}

it('while one decides, another is refused for now, and finds later what was decided', async () => {
  const { made, decide, quick } = deciders();
  const first = quick.decideOnce(KEY, terms(0), async (isSecond) => {
    for (const after of [0, LEASE_MS - 1])
      await expect(quick.decideOnce(KEY, terms(after), decide('b'))).rejects.toBeInstanceOf(ReservedError);
    return decide('a')(isSecond);
  });
  expect(await first).toBe('a');
  expect(await quick.decideOnce(KEY, terms(1), decide('b'))).toBe('a');
  expect(made).toEqual(['a']);
});

it('of two who come after a lease that is over, one decides', async () => {
  const { made, decide, slow, quick } = deciders();
  const dead = quick.decideOnce(KEY, terms(0), () => Promise.reject(new Error('dead')));
  await expect(dead).rejects.toThrow('dead');
  const late = slow('UpdateCommand', () => quick.decideOnce(KEY, terms(LEASE_MS), decide('b')));
  await expect(late.decideOnce(KEY, terms(LEASE_MS), decide('c'))).rejects.toBeInstanceOf(ReservedError);
  expect(made).toEqual(['b, second']);
});

it('one that was slower than its lease takes what was decided meanwhile', async () => {
  const { decide, quick } = deciders();
  const value = await quick.decideOnce(KEY, terms(0), async () => {
    expect(await quick.decideOnce(KEY, terms(LEASE_MS), decide('b'))).toBe('b');
    return { value: 'a' };
  });
  expect(value).toBe('b');
  expect(await quick.decideOnce(KEY, terms(LEASE_MS), decide('c'))).toBe('b');
});

it('what is decided for a while is decided anew after it', async () => {
  const { decide, quick } = deciders();
  await quick.decideOnce(KEY, terms(0), async () => ({ value: 'none', until: 100 }));
  expect(await quick.decideOnce(KEY, terms(99), decide('b'))).toBe('none');
  expect(await quick.decideOnce(KEY, terms(100), decide('b'))).toBe('b');
});

it('what is decided anew is not decided by another at once, though what was decided before no longer holds', async () => {
  const { made, decide, quick } = deciders();
  await quick.decideOnce(KEY, terms(0), async () => ({ value: 'none', until: 100 }));
  const anew = quick.decideOnce(KEY, terms(100), async (isSecond) => {
    await expect(quick.decideOnce(KEY, terms(101), decide('c'))).rejects.toBeInstanceOf(ReservedError);
    return decide('b')(isSecond);
  });
  expect(await anew).toBe('b');
  expect(made).toEqual(['b, second']);
});

it('one that was slower than its lease waits for whoever decides since', async () => {
  const { decide, quick } = deciders();
  const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
  const { promise: hasBegun, resolve: begins } = Promise.withResolvers<void>();
  let later: Promise<string> | undefined;
  const slow = quick.decideOnce(KEY, terms(0), async () => {
    later = quick.decideOnce(KEY, terms(LEASE_MS), async (isSecond) => {
      begins();
      await goesOn;
      return decide('b')(isSecond);
    });
    await hasBegun;
    return { value: 'a' };
  });
  await expect(slow).rejects.toBeInstanceOf(ReservedError);
  goOn();
  expect(await later).toBe('b');
});

it('one that comes after a death takes what the dead one had decided and kept elsewhere', async () => {
  const { made, decide, quick } = deciders();
  const dead = quick.decideOnce(KEY, { ...terms(0), note: 'its place' }, () => Promise.reject(new Error('dead')));
  await expect(dead).rejects.toThrow('dead');
  const kept = async (note: unknown) => (note === 'its place' ? 'a' : undefined);
  expect(await quick.decideOnce(KEY, terms(LEASE_MS), decide('b'), kept)).toBe('a');
  expect(made).toEqual([]);
});

it('also what was kept after it has looked, and before it took over: the one before was slow, not dead', async () => {
  const { made, decide, slow, quick } = deciders();
  await expect(quick.decideOnce(KEY, terms(0), () => Promise.reject(new Error('slow')))).rejects.toThrow('slow');
  let place: string | undefined;
  const late = slow('UpdateCommand', async () => {
    place = 'a';
  });
  expect(await late.decideOnce(KEY, terms(LEASE_MS), decide('b'), async () => place)).toBe('a');
  expect(made).toEqual([]);
});
