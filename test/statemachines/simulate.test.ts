import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulationSchema } from '../../core/simulation/request.ts';
import { Agenda } from '../../statemachines/simulate/agenda.ts';
import { Interpreter } from '../../statemachines/simulate/interpreter.ts';
import { AT, ann, example, later, simulated } from './simulation-harness.ts';

const S1 = example('journeys', 'new-customer');
const S2 = example('journeys', 'cart-abandoned');
const s1 = (body: object = {}, options: object = {}) => simulated('new-customer', S1, body, options);
const s2 = (body: object = {}, options: object = {}) => simulated('cart-abandoned', S2, body, options);
type Answer = Awaited<ReturnType<typeof s1>>;

/** One line an item: when, where, what. */
const lines = ({ timeline }: Answer): string[] =>
  timeline.map(({ at, type, run: _run, ...fields }) => {
    const hours = (Date.parse(at) - AT) / 3600_000;
    const said = Object.values(fields).filter((value) => typeof value !== 'object');
    return `${hours}h ${[type, ...said].join(' ')}`;
  });
const order = (when: string, cart = 'c1') => ({
  after: when,
  event: 'Order Completed',
  properties: { cart_id: cart, total: 300 },
});
const CART = { trigger: { properties: { cart_id: 'c1' } } };

describe('S1 dry', () => {
  it('shows what happens, when and by which channel', async () => {
    const answer = await s1({ until: '30d' });
    expect(lines(answer)).toEqual([
      '0h event Signed Up',
      '0h entered Signed Up',
      `0h coupon gift welcome-50 welcome-50-1 ${later('30d')}`,
      '0h send welcome welcome-coupon sent push',
      `0h wait rest ${later('48h')}`,
      '48h send tutorial tutorial sent push',
      `48h wait look ${later('72h')}`,
      '72h branch used default call',
      expect.stringMatching(/^72h task call \w{26} customer-service 新客户 Lin 的新人券还没有用$/),
      '72h end done welcomed',
    ]);
    expect(answer.outcome).toBe('welcomed');
    expect(answer.cost).toEqual({ transitions: 4, messages: { push: 2 }, smsSegments: 0 });
    expect(answer.messages[0]).toMatchObject({ title: '欢迎Lin', body: '50 元新人券已到账：welcome-50-1' });
  });

  it('asks nobody to call one who used the made-up code', async () => {
    const used = { after: '1h', event: 'Coupon Redeemed', properties: { code: 'welcome-50-1' } };
    const answer = await s1({ events: [used] });
    expect(lines(answer).slice(-2)).toEqual(['72h branch used 0 done', '72h end done welcomed']);
  });

  it('goes on by SMS without a device, and says why nothing is sent without consent', async () => {
    const byText = await s1({ profile: ann({ consent: { sms: true } }) });
    expect(byText.messages.map(({ channel, status, segments }) => [channel, status, segments])).toEqual([
      ['sms', 'sent', 1],
      // A counted link is long, and Chinese takes two bytes a character.
      ['sms', 'sent', 2],
    ]);
    expect(byText.cost).toMatchObject({ messages: { sms: 2 }, smsSegments: 3 });
    const none = await s1({ profile: ann({ consent: {} }) });
    expect(none.messages.map(({ status, reason }) => [status, reason])).toEqual([
      ['suppressed', 'no-consent'],
      ['suppressed', 'no-consent'],
    ]);
    expect(none.cost.messages).toEqual({});
  });

  it('reports an empty pool, and takes its way', async () => {
    expect(lines(await s1({}, { codes: 0 })).slice(2, 4)).toEqual([
      '0h coupon gift welcome-50 true',
      `0h wait rest ${later('48h')}`,
    ]);
  });

  it('does not let in who sleeps, by the tag of a synthetic customer or by their events', async () => {
    const asleep = await s1({ profile: ann({ tags: ['sleeping'] }) }, { tags: ['sleeping'] });
    expect(lines(asleep)).toEqual(['0h event Signed Up', '0h refused audience']);
    expect(asleep.outcome).toBeUndefined();
    const history = [
      { after: '0s', event: 'Logged In' },
      { after: '40d', event: 'Signed Up' },
    ];
    expect(lines(await s1({ events: history, until: '60d' }, { tags: ['sleeping'] }))).toEqual([
      '0h event Logged In',
      '720h tag sleeping true',
      '960h event Signed Up',
      '960h refused audience',
    ]);
  });

  it('lets nobody in twice, nor while it is paused', async () => {
    const again = await s1({ events: ['0s', '1h', '10d'].map((when) => ({ after: when, event: 'Signed Up' })) });
    expect(lines(again).filter((line) => line.includes('refused'))).toEqual([
      '1h refused open',
      '240h refused reentry',
    ]);
    const paused = await s1({}, { pointer: { journeys: { 'new-customer': { since: AT } } } });
    expect(lines(paused)).toEqual(['0h event Signed Up', '0h refused paused']);
  });

  it('holds what a paused channel would send, for as long as it is valid', async () => {
    const answer = await s1({ until: '6d' }, { pointer: { channels: { push: { since: AT } } } });
    expect(answer.messages.map(({ status, reason, channel }) => [status, reason, channel])).toEqual([
      ['suppressed', 'expired', 'push'],
      ['held', 'paused', 'push'],
    ]);
  });

  it('counts what was sent before against the cap of the day', async () => {
    const sends = [
      { ago: '20m', channel: 'sms' },
      { ago: '30m', channel: 'sms' },
    ];
    const answer = await s1({ profile: ann({ sends }) });
    expect(answer.messages.map(({ status, reason }) => [status, reason])).toEqual([
      ['suppressed', 'daily-cap'],
      ['sent', undefined],
    ]);
  });

  it('says that a template cannot be rendered', async () => {
    const wrong = { class: 'marketing', content: { push: { title: '{{ profile.nickname }}', body: 'x' } } };
    const answer = await s1({}, { templates: { 'welcome-coupon': wrong } });
    expect(answer.messages[0]).toMatchObject({ status: 'failed', reason: 'render-failed' });
  });
});

describe('S2 dry', () => {
  it('makes up a key where none is given, and asks for it where properties are', async () => {
    expect((await s2()).runs).toMatchObject([{ key: 'simulated', status: 'closed', outcome: 'reminded' }]);
    expect(lines(await s2({ trigger: { properties: { product: 'kettle' } } }))).toEqual([
      '0h event Product Added',
      '0h refused key',
    ]);
  });

  it('sends both reminders where nothing happens', async () => {
    expect(lines(await s2(CART)).slice(-5)).toEqual([
      '24h send remind cart-reminder sent push',
      `24h wait-for react ${later('72h')}`,
      '72h timeout react',
      '72h send last-call cart-last-call sent push',
      '72h end done reminded',
    ]);
  });

  it.each([
    ['23h', []],
    ['25h', ['remind']],
    ['71h', ['remind']],
    ['80h', ['remind', 'last-call']],
  ])('ends by the order at %s', async (when, nodes) => {
    const answer = await s2({ ...CART, events: [order(when)] });
    expect(answer.messages.map(({ node }) => node)).toEqual(nodes);
    expect(answer.outcome).toBe(when === '80h' ? 'reminded' : 'ordered');
    if (when !== '80h') expect(lines(answer).at(-1)).toMatch(/exit \S+ ordered Order Completed$/);
  });

  it('is not ended by the order of another cart', async () => {
    expect((await s2({ ...CART, events: [order('23h', 'c2')] })).outcome).toBe('reminded');
  });

  it('goes the way of the click, and of no click on what was not sent', async () => {
    const clicked = { after: '26h', message: 'remind', was: 'clicked' };
    expect(lines(await s2({ ...CART, events: [clicked] })).slice(-3)).toEqual([
      '26h receipt remind clicked',
      '26h resolved react 0 Message Clicked',
      '26h end done reminded',
    ]);
    const early = await s2({ ...CART, events: [{ ...clicked, after: '2h' }] });
    expect(lines(early)).toContain('2h receipt remind clicked not asked for');
    const silent = await s2({ ...CART, profile: ann({ consent: {} }), events: [clicked] });
    expect(lines(silent)).toContain('26h receipt remind clicked suppressed');
  });

  it('walks two carts apart and lets one in again after a week', async () => {
    const add = (when: string, cart: string) => ({
      after: when,
      event: 'Product Added',
      properties: { cart_id: cart },
    });
    const events = [add('0s', 'c1'), add('1h', 'c2'), add('6d', 'c1'), add('8d', 'c1'), order('2h', 'c1')];
    const answer = await s2({ events });
    expect(answer.runs.map(({ run, key, outcome }) => [run, key, outcome])).toEqual([
      [1, 'c1', 'ordered'],
      [2, 'c2', 'reminded'],
      [3, 'c1', 'reminded'],
    ]);
    expect(lines(answer)).toContain('144h refused reentry');
  });

  it('hears who unsubscribes', async () => {
    const answer = await s2({ ...CART, events: [{ after: '30h', message: 'remind', was: 'unsubscribed' }] });
    expect(answer.messages.map(({ channel, status }) => [channel, status])).toEqual([
      ['push', 'sent'],
      ['sms', 'sent'],
    ]);
  });
});

const TEMPLATES = {
  news: {
    class: 'marketing',
    topic: 'offers',
    content: { sms: { text: 'News {{ data.answer.about | default: "" }}' }, email: { subject: 'N', html: '<b>N</b>' } },
  },
};
const journey = (nodes: object, more: object = {}) => ({
  name: 'J',
  owner: 'growth',
  entry: { api: true },
  start: Object.keys(nodes)[0],
  nodes,
  ...more,
});
const run = (nodes: object, body: object = {}, more: object = {}) =>
  simulated('j', journey(nodes, more), body, { templates: TEMPLATES });

describe('every other node dry', () => {
  const call = {
    call: {
      type: 'task',
      queue: 'service',
      title: 'Call',
      await: { timeout: '2d', outcomes: { won: 'yes', lost: 'no' }, onTimeout: 'no' },
    },
    yes: { type: 'end', outcome: 'won' },
    no: { type: 'end', outcome: 'lost' },
  };

  it('waits for a task, its outcome or its time', async () => {
    const done = await run(call, { events: [{ after: '5h', task: 'call', outcome: 'won' }] });
    expect(lines(done).slice(-3)).toEqual(['5h done call won', '5h completed call won', '5h end yes won']);
    expect(lines(await run(call)).slice(-3)).toEqual([
      '48h timeout call',
      '48h end no lost',
      '48h task-closed call timeout',
    ]);
    const late = await run(call, { events: [{ after: '50h', task: 'call', outcome: 'won' }] });
    expect(late.outcome).toBe('lost');
  });

  it('refuses events that are not of this journey, with pointers', async () => {
    const events = [
      { after: '1h', task: 'call', outcome: 'maybe' },
      { after: '1h', task: 'yes', outcome: 'won' },
      { after: '1h', message: 'call', was: 'clicked' },
    ];
    await expect(run(call, { events })).rejects.toMatchObject({
      fault: {
        code: 'validation',
        errors: [
          { path: '/events/0/outcome', message: 'must be one of won, lost' },
          { path: '/events/1/task', message: 'yes is no task node' },
          { path: '/events/2/message', message: 'call is no send node' },
        ],
      },
    });
  });

  it('splits, updates, branches by tag, and starts another journey', async () => {
    const nodes = {
      test: {
        type: 'split',
        ways: [
          { name: 'a', weight: 0, next: 'end' },
          { name: 'b', weight: 1, holdout: true, next: 'mark' },
        ],
      },
      mark: { type: 'update', traits: { level: '{{ data.level }}' }, addTags: ['vip'], next: 'breathe' },
      breathe: { type: 'wait', for: '1s', next: 'which' },
      which: {
        type: 'branch',
        cases: [{ if: { all: [{ tag: 'vip' }, { trait: 'level', eq: 'gold' }] }, next: 'quote' }],
        default: 'end',
      },
      quote: { type: 'journey', journey: 'j', key: 'k', data: { from: 'j' }, next: 'end' },
      end: { type: 'end' },
    };
    const answer = await run(nodes, { trigger: { data: { level: 'gold' } } }, { reentry: 'never' });
    expect(answer.timeline.filter(({ run: number }) => number === 1 || number === undefined)).toMatchObject([
      { type: 'entered', event: 'triggered' },
      { type: 'split', way: 'b', holdout: true, next: 'mark' },
      { type: 'update', traits: { level: 'gold' }, addTags: ['vip'] },
      { type: 'wait', node: 'breathe' },
      { type: 'tag', tag: 'vip', on: true },
      { type: 'branch', case: 0, next: 'quote' },
      { type: 'journey', journey: 'j', key: 'k', data: { from: 'j' } },
      { type: 'end', node: 'end' },
    ]);
    expect(answer.runs.map(({ key }) => key)).toEqual(['', 'k']);
  });

  it('leaves by the event that comes first, whose properties templates see', async () => {
    const nodes = {
      ask: {
        type: 'wait-for',
        timeout: '3d',
        onTimeout: 'end',
        for: [
          { event: 'Survey Answered', where: { about: 'price' }, as: 'answer', next: 'notify' },
          { tag: 'vip', on: 'added', next: 'end' },
        ],
      },
      notify: { type: 'send', template: 'news', channels: ['email', 'sms'], next: 'end' },
      end: { type: 'end' },
    };
    const answered = (when: string, about: string) => ({
      after: when,
      event: 'Survey Answered',
      properties: { about },
    });
    const answer = await run(nodes, { events: [answered('1h', 'tech'), answered('2h', 'price')] });
    expect(answer.timeline.find(({ type }) => type === 'resolved')).toMatchObject({ at: later('2h'), way: 0 });
    expect(answer.messages[0]).toMatchObject({ channel: 'sms', text: 'News price', status: 'sent' });
  });

  it('hears an exit by what becomes of a message, and a trait that changes meanwhile', async () => {
    const nodes = {
      notify: { type: 'send', template: 'news', channels: ['email', 'sms'], next: 'rest' },
      rest: { type: 'wait', for: '2d', next: 'again' },
      again: { type: 'send', template: 'news', channels: ['email', 'sms'], next: 'end' },
      end: { type: 'end' },
    };
    const both = { traits: { phone: '+8613800138000' }, consent: { sms: true, email: { granted: true } } };
    const moved = await run(nodes, { profile: both, events: [{ after: '1d', traits: { email: 'a@example.com' } }] });
    expect(moved.messages.map(({ channel }) => channel)).toEqual(['sms', 'email']);
    const exit = [{ message: 'notify', was: 'opened', outcome: 'read' }];
    const opened = { after: '1h', message: 'notify', was: 'opened' };
    expect((await run(nodes, { events: [opened] }, { exit })).outcome).toBe('read');
  });

  it('rests longer than an execution may last', async () => {
    const nodes = {
      rest: { type: 'wait', for: '390d', next: 'notify' },
      notify: { type: 'send', template: 'news', channels: ['sms'], next: 'end' },
      end: { type: 'end' },
    };
    const answer = await run(nodes, { until: '400d' });
    expect(answer.messages).toMatchObject([{ at: later('390d'), status: 'sent' }]);
    expect(lines(answer).slice(1)).toHaveLength(3);
  });

  it('ends in time and in steps', async () => {
    const nodes = {
      rest: { type: 'wait', for: '1s', next: 'look' },
      look: { type: 'branch', cases: [{ if: { trait: 'stop', exists: true }, next: 'end' }], default: 'rest' },
      end: { type: 'end' },
    };
    const answer = await run(nodes, { until: '10d' });
    expect(answer.timeline.at(-1)).toMatchObject({ type: 'stopped', reason: 'more than 10000 steps' });
    const short = await run(nodes, { until: '10s' });
    expect(short.runs).toMatchObject([{ status: 'open', node: 'rest' }]);
    // A Wait, its Task and a Choice each second.
    expect(short.cost.transitions).toBe(31);
  });
});

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
