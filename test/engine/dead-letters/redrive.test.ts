import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listDeadLetters } from '../../../engine/dead-letters/list-dead-letters.ts';
import type { DeadLetter, DeadLetters } from '../../../engine/dead-letters/ports.ts';
import { redrivePage } from '../../../engine/dead-letters/redrive-dead-letters.ts';

const AT = Date.parse('2026-11-02T01:00:00Z');
const JOB = { id: 'job-1', at: AT };

/** A dead-letter queue; `dies`: the number of the call before which the function dies, between a send and its delete included. */
function queueOf(letters: Omit<DeadLetter, 'receipt'>[], dies = Number.POSITIVE_INFINITY) {
  const lying = letters.map((letter) => ({ ...letter, receipt: letter.id }));
  const hidden = new Set<string>();
  const sent: string[] = [];
  let calls = 0;
  const step = () => {
    calls += 1;
    if (calls === dies) throw new Error('died');
  };
  const isLocked = ({ group }: DeadLetter) =>
    group !== undefined && lying.some((other) => other.group === group && hidden.has(other.id));
  const port: DeadLetters = {
    names: ['q'],
    count: async () => lying.length,
    async receive(_queue, { max }) {
      step();
      const found = lying.filter((one) => !hidden.has(one.id) && !isLocked(one)).slice(0, max);
      for (const { id } of found) hidden.add(id);
      return found;
    },
    async release(_queue, given) {
      step();
      for (const { id } of given) hidden.delete(id);
    },
    async redrive(_queue, { id }) {
      step();
      sent.push(id);
      step();
      hidden.delete(id);
      lying.splice(
        lying.findIndex((one) => one.id === id),
        1,
      );
    },
  };
  return { port, lying, hidden, sent, calls: () => calls, revive: () => hidden.clear() };
}
const letters = (count: number, more: Partial<DeadLetter> = {}) =>
  Array.from({ length: count }, (_, index) => ({ id: `m${index}`, body: '{}', at: AT - 1_000 + index, ...more }));

describe('a page of a redrive', () => {
  it('sends up to its limit, and says when nothing is left', async () => {
    const { port, lying, sent } = queueOf(letters(25));
    expect(await redrivePage(port, JOB, 'q', 12)).toEqual({ done: 12, isLast: false });
    expect([sent.length, lying.length]).toEqual([12, 13]);
    expect(await redrivePage(port, JOB, 'q', 100)).toEqual({ done: 13, isLast: true });
  });

  it('keeps the order of a message group', async () => {
    const { port, sent } = queueOf(letters(10, { group: 'g' }));
    await redrivePage(port, JOB, 'q', 100);
    expect(sent).toEqual(letters(10).map(({ id }) => id));
  });

  it('passes over what it has sent already and what came since, gives it back, and finds the rest behind it', async () => {
    const back = [
      ...letters(30, { redriven: JOB.id }).map((one) => ({ ...one, id: `back-${one.id}` })),
      ...letters(30).map((one) => ({ ...one, id: `new-${one.id}`, at: AT + 1 })),
    ];
    const old = letters(2, { redriven: 'an-earlier-job' });
    const { port, sent, hidden, lying } = queueOf([...back, ...old]);
    expect(await redrivePage(port, JOB, 'q', 100)).toEqual({ done: 2, isLast: true });
    expect([sent, lying.length, hidden.size]).toEqual([['m0', 'm1'], 60, 0]);
  });

  it('that dies before any of its calls loses nothing, and sends only what it was about to delete twice', async () => {
    const whole = queueOf(letters(12));
    await redrivePage(whole.port, JOB, 'q', 100);
    for (let dies = 1; dies <= whole.calls(); dies += 1) {
      const broken = queueOf(letters(12), dies);
      await redrivePage(broken.port, JOB, 'q', 100).catch(() => undefined);
      // Their time is over: the job's message is delivered again.
      broken.revive();
      await redrivePage(broken.port, JOB, 'q', 100);
      const twice = broken.sent.filter((id, index) => broken.sent.indexOf(id) !== index);
      expect([dies, new Set(broken.sent).size, broken.lying]).toEqual([dies, 12, []]);
      expect(twice.length).toBeLessThanOrEqual(1);
    }
  });
});

describe('a list of dead letters', () => {
  it('counts the causes of at most a hundred, and leaves all as they were', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(150), fc.constantFrom(undefined, 'body is not JSON'), async (count, cause) => {
        const { port, hidden, lying } = queueOf(letters(count, cause === undefined ? {} : { cause }));
        const sampled = Math.min(count, 100);
        expect(await listDeadLetters(port)).toEqual([
          {
            queue: 'q',
            count,
            sampled,
            ...(count === 0 ? {} : { oldestAt: AT - 1_000 }),
            causes: count === 0 ? {} : { [cause ?? 'retries exhausted']: sampled },
          },
        ]);
        expect([hidden.size, lying.length]).toEqual([0, count]);
      }),
      { numRuns: 20 },
    );
  });

  it('gives back what it has received where a later call fails', async () => {
    const { port, hidden } = queueOf(letters(25), 3);
    await expect(listDeadLetters(port)).rejects.toThrow('died');
    expect(hidden.size).toBe(0);
  });
});
