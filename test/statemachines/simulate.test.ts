import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulationSchema } from '../../core/simulation/request.ts';
import { Agenda } from '../../statemachines/simulate/agenda.ts';
import { Interpreter } from '../../statemachines/simulate/interpreter.ts';

describe('the request', () => {
  const pathOf = (body: unknown) =>
    SimulationSchema.safeParse(body).error?.issues.map(({ path }) => `/${path.join('/')}`) ?? [];

  it.each<[unknown, string[]]>([
    [{}, ['/profileId']],
    [{ profileId: 'ann', profile: {} }, ['/profileId']],
    [{ profileId: 'ann', until: '401d' }, ['/until']],
    [{ profileId: 'ann', until: 'soon' }, ['/until']],
    [{ profileId: 'ann', at: 'now' }, ['/at']],
    [{ profileId: 'ann', events: [{ after: '1h' }] }, ['/events/0']],
    [{ profileId: 'ann', events: [{ after: '1h', message: 'm', was: 'sent' }] }, ['/events/0/was']],
    [{ profileId: 'ann', events: Array.from({ length: 1001 }, () => ({ after: '1h', event: 'E' })) }, ['/events']],
    [{ profile: { consent: { fax: true } } }, ['/profile/consent/fax']],
    [{ profile: { timezone: 'Mars/Olympus' } }, ['/profile/timezone']],
  ])('is refused where it is wrong: %#', (body, paths) => {
    expect(pathOf(body)).toEqual(paths);
  });
});

describe('the agenda', () => {
  it('gives by instant, rank, and order of putting', () => {
    const entry = fc.record({ at: fc.integer({ min: 0, max: 5 }), rank: fc.integer({ min: 0, max: 2 }) });
    fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 60 }), async (entries) => {
        const agenda = new Agenda();
        const taken: number[] = [];
        for (const [index, { at, rank }] of entries.entries()) agenda.put(at, rank, async () => void taken.push(index));
        for (let work = agenda.take(); work !== undefined; work = agenda.take()) await work();
        const sorted = [...entries.entries()].sort(([i, a], [j, b]) => a.at - b.at || a.rank - b.rank || i - j);
        expect(taken).toEqual(sorted.map(([index]) => index));
      }),
    );
  });
});

describe('the interpreter', () => {
  const task = (more: object) => ({ Type: 'Task' as const, Parameters: { FunctionName: 'f', Payload: {} }, ...more });
  const machine = (States: object) => ({ Comment: '', StartAt: 'a', States }) as Parameters<Interpreter['start']>[0];
  const interpreter = (invoke: () => Promise<unknown>) =>
    new Interpreter({ now: () => 0, later: () => undefined, invoke });

  it('catches what is foreseen by name, and nothing else', async () => {
    const left = Object.assign(new Error('left'), { name: 'RunLeft' });
    const caught = machine({
      a: task({
        Resource: 'arn:aws:states:::lambda:invoke',
        Next: 'b',
        Catch: [
          { ErrorEquals: ['RunLeft'], Next: 'b' },
          { ErrorEquals: ['States.ALL'], Next: 'c' },
        ],
      }),
      b: { Type: 'Succeed' },
      c: { Type: 'Fail', Cause: 'lost' },
    });
    const one = interpreter(() => Promise.reject(left));
    await one.start(caught, 'run-1', {});
    expect(one.transitions).toBe(2);
    await expect(interpreter(() => Promise.reject(new Error('ours'))).start(caught, 'run-1', {})).rejects.toThrow(
      'ours',
    );
  });

  it('takes a token that is resolved while its function still runs', async () => {
    const waiting = machine({
      a: {
        ...task({ Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', TimeoutSeconds: 5, Next: 'b' }),
        Parameters: { FunctionName: 'f', Payload: { 'token.$': '$$.Task.Token' } },
      },
      b: { Type: 'Succeed' },
    });
    const one: Interpreter = new Interpreter({
      now: () => 0,
      later: () => undefined,
      invoke: (_arn, payload) => one.resolve((payload as { token: string }).token),
    });
    await one.start(waiting, 'run-1', {});
    expect(one.transitions).toBe(2);
  });

  it('moves what was stopped neither by its token nor by its time', async () => {
    const waiting = machine({
      a: {
        ...task({ Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', TimeoutSeconds: 5, Next: 'b' }),
        Parameters: { FunctionName: 'f', Payload: { 'token.$': '$$.Task.Token' } },
      },
      b: { Type: 'Succeed' },
    });
    const later: (() => Promise<void>)[] = [];
    const tokens: string[] = [];
    const one = new Interpreter({
      now: () => 0,
      later: (_at, work) => void later.push(work),
      invoke: async (_arn, payload) => void tokens.push((payload as { token: string }).token),
    });
    await one.start(waiting, 'run-1', {});
    one.stop('run-1');
    await one.resolve(tokens[0] ?? '');
    for (const work of later) await work();
    expect([tokens.length, later.length, one.transitions]).toEqual([1, 1, 1]);
  });
});
