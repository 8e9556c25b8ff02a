import type { Lambdas } from './lambdas.ts';
import type { Queues } from './queues.ts';
import type { Json, Template } from './template.ts';

/** An event of an AWS service on the default bus. */
export interface BusEvent {
  source: string;
  'detail-type': string;
  time: string;
  resources: string[];
  detail: Json;
}

interface Rule {
  pattern: Json;
  targets: { Arn: string }[];
}

/** The templates' EventBridge rules on services' events: each passes those that match its pattern to its targets, a function or a queue. */
export function eventRules(template: Template, { lambdas, queues }: { lambdas: () => Lambdas; queues: Queues }) {
  const rules: Rule[] = template.of('AWS::Events::Rule').map(({ id, properties }) => {
    checkPattern(properties.EventPattern, id);
    return { pattern: properties.EventPattern as Json, targets: (properties.Targets ?? []) as { Arn: string }[] };
  });
  const deliver = (arn: string, event: BusEvent): Promise<unknown> =>
    arn.startsWith('arn:aws:sqs:')
      ? queues.put(arn, JSON.stringify(event))
      : lambdas().invokeArn(arn, { version: '0', ...event });
  return (event: BusEvent): void => {
    for (const { pattern, targets } of rules)
      if (matches(pattern, event))
        for (const { Arn } of targets) deliver(Arn, event).catch((error: unknown) => console.error(error));
  };
}

/** Lists of values or `{prefix}`, in objects: anything else of EventBridge's patterns is refused. */
function checkPattern(pattern: unknown, where: string): void {
  if (Array.isArray(pattern)) {
    const unknown = pattern.find((one) => typeof one !== 'string' && prefixOf(one) === undefined) as unknown;
    if (unknown !== undefined)
      throw new Error(`the rule ${where} matches ${JSON.stringify(unknown)}, which the embedded cloud does not know`);
    return;
  }
  if (typeof pattern !== 'object' || pattern === null) throw new Error(`the rule ${where} has no pattern`);
  for (const [key, inner] of Object.entries(pattern)) checkPattern(inner, `${where}.${key}`);
}

/** Whether the event has, at each place that the pattern names, one of its values. */
export function matches(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern))
    return (Array.isArray(event) ? event : [event]).some((value) => pattern.some((one) => isOne(one, value)));
  return Object.entries(pattern as Json).every(([key, inner]) => matches(inner, (event as Json | undefined)?.[key]));
}

const prefixOf = (one: unknown): string | undefined => {
  const { prefix, ...others } = (one ?? {}) as Json;
  return typeof prefix === 'string' && Object.keys(others).length === 0 ? prefix : undefined;
};

function isOne(wanted: unknown, value: unknown): boolean {
  if (typeof wanted === 'string') return wanted === value;
  const prefix = prefixOf(wanted);
  return prefix !== undefined && typeof value === 'string' && value.startsWith(prefix);
}
