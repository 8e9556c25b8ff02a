import type * as z from 'zod';
import { byChannel } from '../../core/channels/registry.ts';

type RawIssue = z.core.$ZodRawIssue;
type Inst = { _zod: { def: { shape?: object } } };

/** Message of a fault whose schema has none of its own: says what is expected. Passed to `safeParse` as `error`. */
export function messageOf(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? `is required: ${KINDS[issue.expected]}` : `must be ${KINDS[issue.expected]}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of: '}${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return `must ${sized(issue.origin)} at least ${issue.minimum}${unit(issue.origin)}`;
    case 'too_big':
      return `must ${sized(issue.origin)} at most ${issue.maximum}${unit(issue.origin)}`;
    case 'unrecognized_keys':
      return THERE_ARE + knownFields(issue.inst as Inst | undefined).join(', ');
    default:
      return undefined;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a string, in quotation marks',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list, in [ ]',
  tuple: 'a list, in [ ]',
  object: 'an object, in { }',
  record: 'an object, in { }',
};

const sized = (origin: string): string => (origin === 'string' || origin === 'array' ? 'have' : 'be');
function unit(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' items' : '';
}

const THERE_ARE = 'there are ';
const knownFields = (inst: Inst | undefined): string[] => Object.keys(inst?._zod.def.shape ?? {});

/** Names that other systems, or typing errors, give to our fields. If there are several, the first that the object has is suggested. */
const OTHER_NAMES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    activities: ['nodes'],
    attribute: ['trait'],
    attributes: ['traits'],
    body: ['text'],
    branches: ['cases', 'ways', 'for'],
    channel: ['channels'],
    code: ['pool'],
    condition: ['if'],
    conditions: ['if', 'where', 'cases'],
    delay: ['for'],
    duration: ['for', 'timeout'],
    else: ['default', 'onTimeout'],
    entry_event: ['entry'],
    equals: ['eq'],
    event: ['for'],
    events: ['event', 'for'],
    exitcriteria: ['exit'],
    exits: ['exit'],
    filter: ['where', 'if', 'audience'],
    filters: ['where', 'if', 'audience'],
    from: ['hours'],
    id: ['template', 'journey', 'pool'],
    if: ['cases'],
    is: ['eq'],
    limit: ['max'],
    message: ['text', 'body', 'template'],
    operator: ['eq'],
    otherwise: ['default', 'onTimeout', 'onEmpty'],
    percent: ['weight'],
    percentage: ['weight'],
    period: ['within'],
    perhour: ['perMinute'],
    persecond: ['perMinute'],
    properties: ['where', 'data', 'traits'],
    segment: ['audience'],
    set: ['traits'],
    status: ['was'],
    steps: ['nodes'],
    tags: ['addTags'],
    text: ['body'],
    then: ['next'],
    to: ['next', 'hours'],
    trigger: ['entry', 'event'],
    until: ['timeout'],
    value: ['eq'],
    variants: ['ways'],
    ...byChannel(() => ['content']),
  }),
);

/** `said`: message of the fault; if `messageOf` created it, it lists the known fields. */
export function unknownField(name: string, said: string): string {
  const fields = said.startsWith(THERE_ARE) ? said.slice(THERE_ARE.length).split(', ').filter(Boolean) : [];
  if (fields.length === 0) return 'unknown field';
  const meant = meantBy(name, fields);
  const question = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `unknown field.${question} There are: ${fields.join(', ')}`;
}

function meantBy(name: string, fields: readonly string[]): string | undefined {
  const plain = name.toLowerCase();
  const other = OTHER_NAMES.get(plain)?.find((one) => fields.includes(one));
  // `templateId`, `nextNode`, `event_name` contain the whole field's name; at least three letters, because `if` would be found in many names.
  const holds = (field: string) =>
    field.length > 2 && (plain.startsWith(field.toLowerCase()) || field.toLowerCase().startsWith(plain));
  return other ?? fields.find((field) => field.toLowerCase() === plain) ?? fields.find(holds);
}
