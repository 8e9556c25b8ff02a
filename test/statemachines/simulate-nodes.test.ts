import { describe, expect, it } from 'vitest';
import { lines, run } from './simulate-harness.ts';
import { later } from './simulation-harness.ts';

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
