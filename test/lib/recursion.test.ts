import { beforeAll, describe, expect, test } from 'vitest';
import { buildAssembly } from '../../local/assembly.ts';
import { permissionsOf } from '../../local/permissions/role-permissions.ts';
import type { Template } from '../../local/template.ts';

let template: Template;
beforeAll(async () => {
  template = await buildAssembly();
}, 120_000);

/** Function → the functions behind the queues that it may send to. */
function successors(): Map<string, string[]> {
  const consumers = new Map<string, string[]>();
  for (const { properties } of template.of('AWS::Lambda::EventSourceMapping')) {
    const queue = String(properties.EventSourceArn);
    const name = String(properties.FunctionName).split(':').at(-1) ?? '';
    consumers.set(queue, [...(consumers.get(queue) ?? []), name]);
  }
  return new Map(
    Object.entries(permissionsOf(template)).map(([name, permissions]) => {
      const sending = permissions.filter(({ actions }) => actions.includes('sqs:SendMessage'));
      return [name, sending.flatMap(({ resources }) => resources.flatMap((queue) => consumers.get(queue) ?? []))];
    }),
  );
}

/** Functions that may invoke themselves through queues. */
function looping(): string[] {
  const next = successors();
  return [...next.keys()].filter((name) => {
    const reached = new Set<string>();
    const open = [...(next.get(name) ?? [])];
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      if (reached.has(one)) continue;
      reached.add(one);
      open.push(...(next.get(one) ?? []));
    }
    return reached.has(name);
  });
}

describe('Lambda stops a chain in which a function is invoked 16 times through queues', () => {
  test('but where we bound the chain ourselves; a new function in a loop is to be decided upon here', () => {
    const decided = Object.fromEntries(
      template.of('AWS::Lambda::Function').map(({ properties }) => [properties.FunctionName, properties.RecursiveLoop]),
    );
    expect(Object.fromEntries(looping().map((name) => [name.replace('cairn-', ''), decided[name]]))).toEqual({
      // Each message waits for something that bounds the chain: an instant, a page, a try, a counter.
      'process-due-profiles': 'Allow',
      'run-campaign': 'Allow',
      'run-job': 'Allow',
      webhook: 'Allow',
      'send-email': 'Allow',
      'send-sms': 'Allow',
      'send-push': 'Allow',
      'send-webhook': 'Allow',
      'record-metrics': 'Allow',
      // Only the definitions of journeys and tags bound the events that these cause.
      'process-events': 'Terminate',
      // It releases what was held of an ended run, once.
      'stop-executions': 'Terminate',
      'start-run': 'Terminate',
    });
  });
});
