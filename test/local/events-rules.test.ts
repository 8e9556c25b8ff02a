import { expect, it } from 'vitest';
import { eventRules, matches } from '../../local/events-rules.ts';
import type { Template } from '../../local/template.ts';

const event = {
  source: 'aws.cloudwatch',
  resources: ['a', 'b'],
  detail: { alarmName: 'x-pause', state: { value: 'ALARM' } },
};

it.each([
  [{ source: ['aws.cloudwatch'] }, true],
  [{ source: ['aws.states', 'aws.cloudwatch'], detail: { state: { value: ['ALARM'] } } }, true],
  [{ source: ['aws.states'] }, false],
  [{ detail: { alarmName: [{ prefix: 'x-' }] } }, true],
  [{ detail: { alarmName: [{ prefix: 'y-' }] } }, false],
  [{ detail: { absent: ['x'] } }, false],
  [{ absent: { inner: ['x'] } }, false],
  [{ resources: ['b'] }, true],
])('a rule on %j gets the event: %s', (pattern, expected) => {
  expect(matches(pattern, event)).toBe(expected);
});

it('a pattern that is not understood is refused at the start', () => {
  const template = {
    of: () => [{ id: 'Rule', properties: { EventPattern: { detail: { size: [{ numeric: ['>', 1] }] } } } }],
  } as unknown as Template;
  expect(() => eventRules(template, {} as never)).toThrow('Rule.detail.size matches {"numeric":[">",1]}');
});
