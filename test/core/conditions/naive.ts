import { Temporal } from 'temporal-polyfill';
import type { CairnEvent } from '../../../core/events/event.ts';
import { shortHash } from '../../../core/ids.ts';

/**
 * The conditions language once more, as plainly as `docs/rules.md` says it and knowing nothing of `core/conditions`: only the truth at one
 * instant, from all events. Its conditions are plain JSON.
 */
export interface NaiveContext {
  now: number;
  timezone: string;
  traits: Record<string, unknown>;
  events: CairnEvent[];
  tags: Record<string, boolean>;
  fatigue: { channel: string; opened: number; for: string }[];
  data?: Record<string, unknown>;
  run?: { at: number; visits: Record<string, number> };
}
type Json = Record<string, unknown>;

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
export const ms = (duration: string): number => Number.parseInt(duration, 10) * (UNITS[duration.slice(-1)] ?? 0) * 1000;

/** Follows a path; of lists every element. A list at the end is left whole. */
function follow(value: unknown, path: string[]): unknown[] {
  if (value === null || value === undefined) return [];
  const [key, ...rest] = path;
  if (key === undefined) return [value];
  if (Array.isArray(value)) return value.flatMap((element) => follow(element, path));
  return typeof value === 'object' ? follow((value as Json)[key], rest) : [];
}
const spread = (values: unknown[]): unknown[] =>
  values.flatMap((value) => (Array.isArray(value) ? spread(value.filter((one) => one !== null)) : [value]));

const dateOf = (value: unknown): number | undefined =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d(T.*Z)?$/.test(value) && !Number.isNaN(Date.parse(value))
    ? Date.parse(value)
    : undefined;
const equal = (a: unknown, b: unknown): boolean => a === b || (dateOf(a) !== undefined && dateOf(a) === dateOf(b));

function before(a: unknown, b: unknown): boolean {
  if (dateOf(a) !== undefined && dateOf(b) !== undefined) return Number(dateOf(a)) < Number(dateOf(b));
  if (dateOf(a) !== undefined || dateOf(b) !== undefined) return false;
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  return typeof a === 'string' && typeof b === 'string' && a < b;
}

/** The day falls in this year or the next: windows are of days. Of 29 February it is the 28th in a year without one. */
function anniversaryNear(value: unknown, days: number, context: NaiveContext): boolean {
  const at = dateOf(value);
  if (at === undefined) return false;
  const there = (instant: number) =>
    Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(context.timezone).toPlainDate();
  const { month, day } = String(value).length === 10 ? Temporal.PlainDate.from(String(value)) : there(at);
  const today = there(context.now);
  return [today.year, today.year + 1].some((year) => {
    const ahead = today.until(Temporal.PlainDate.from({ year, month, day })).days;
    return ahead >= 0 && ahead <= days;
  });
}

/** A date without a time begins at midnight there. */
const beganAt = (value: unknown, timezone: string): number | undefined =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && dateOf(value) !== undefined
    ? Number(Temporal.PlainDate.from(value).toZonedDateTime(timezone).epochMilliseconds)
    : dateOf(value);

/** One operator over the values of a path, without the others beside it. */
function one(op: string, elements: unknown[], values: unknown[], operands: unknown[], context: NaiveContext): boolean {
  const any = (test: (element: unknown, operand: unknown) => boolean) =>
    elements.some((element) => operands.some((operand) => test(element, operand)));
  const age = (element: unknown): number => context.now - (beganAt(element, context.timezone) ?? Number.NaN);
  switch (op) {
    case 'eq':
    case 'in':
      return any(equal);
    case 'ne':
    case 'notIn':
      return !any(equal);
    case 'gt':
      return any((element, operand) => before(operand, element));
    case 'lt':
      return any(before);
    case 'gte':
      return any(
        (element, operand) =>
          before(operand, element) || (before(element, operand) === false && tied(element, operand)),
      );
    case 'lte':
      return any((element, operand) => before(element, operand) || tied(element, operand));
    case 'contains':
      return values.some((value) =>
        operands.some((operand) =>
          Array.isArray(value)
            ? value.some((element) => equal(element, operand))
            : typeof value === 'string' && typeof operand === 'string' && value.includes(operand),
        ),
      );
    case 'startsWith':
      return any(
        (element, operand) => typeof element === 'string' && typeof operand === 'string' && element.startsWith(operand),
      );
    case 'exists':
      return values.length > 0 === operands[0];
    case 'olderThan':
      return elements.some((element) => age(element) >= ms(String(operands[0])));
    case 'newerThan':
      return elements.some((element) => age(element) < ms(String(operands[0])));
    case 'anniversaryWithin':
      return elements.some((element) => anniversaryNear(element, ms(String(operands[0])) / 86_400_000, context));
    default:
      throw new Error(op);
  }
}
const tied = (a: unknown, b: unknown): boolean => equal(a, b) && ['number', 'string'].includes(typeof a);

const ABOUT_ALL = ['ne', 'notIn', 'contains', 'exists'];
const NO_OPERATORS = ['trait', 'data', 'of'];

function compares(values: unknown[], comparison: Json, context: NaiveContext): boolean {
  const operators = Object.entries(comparison)
    .filter(([op, operand]) => !NO_OPERATORS.includes(op) && operand !== undefined)
    .map(([op, operand]) => ({ op, operands: operandsOf(operand, context) }));
  const about = operators.filter(({ op }) => ABOUT_ALL.includes(op));
  if (!about.every(({ op, operands }) => one(op, spread(values), values, operands, context))) return false;
  const single = operators.filter(({ op }) => !ABOUT_ALL.includes(op));
  if (single.length === 0) return true;
  return spread(values).some((element) =>
    single.every(({ op, operands }) => one(op, [element], [element], operands, context)),
  );
}

function operandsOf(operand: unknown, context: NaiveContext): unknown[] {
  if (Array.isArray(operand)) return operand;
  if (typeof operand !== 'object' || operand === null) return [operand];
  const { trait, data } = operand as { trait?: string; data?: string };
  return spread(
    trait === undefined ? follow(context.data, String(data).split('.')) : follow(context.traits, trait.split('.')),
  );
}

function meant(condition: Json, context: NaiveContext): CairnEvent[] {
  const names = [condition.event].flat();
  return context.events.filter(
    (event) =>
      names.includes(event.name) &&
      event.at <= context.now &&
      Object.entries((condition.where ?? {}) as Json).every(([path, wanted]) => {
        const values = path.startsWith('@context.')
          ? follow(event.context, path.slice(9).split('.'))
          : follow(event.properties, path.split('.'));
        return compares(values, typeof wanted === 'object' ? (wanted as Json) : { eq: wanted }, context);
      }),
  );
}

function figures(condition: Json, context: NaiveContext): boolean {
  const events = meant(condition, context);
  if (condition.last !== undefined) {
    if (events.length === 0) return false;
    const { olderThan, newerThan } = condition.last as { olderThan?: string; newerThan?: string };
    const age = context.now - Math.max(...events.map((event) => event.at));
    return (olderThan === undefined || age >= ms(olderThan)) && (newerThan === undefined || age < ms(newerThan));
  }
  let from = Number.NEGATIVE_INFINITY;
  if (typeof condition.within === 'string' && condition.within !== 'ever') from = context.now - ms(condition.within);
  if (typeof condition.since === 'string') {
    const since = condition.since === 'entry' ? context.run?.at : context.run?.visits[condition.since];
    if (since === undefined) return false;
    from = since;
  }
  const inside = events.filter((event) => event.at > from);
  const asked = ['count', 'sum', 'avg', 'min', 'max', 'distinct'].filter((name) => condition[name] !== undefined);
  if (asked.length === 0) return inside.length >= 1;
  return asked.every((name) => {
    const comparison = condition[name] as Json;
    const values = inside.flatMap((event) => spread(follow(event.properties, String(comparison.of).split('.'))));
    const numbers = values.filter((value) => typeof value === 'number');
    const sum = numbers.reduce((total, number) => total + number, 0);
    const computed: Record<string, number | undefined> = {
      count: inside.length,
      sum,
      avg: numbers.length > 0 ? sum / numbers.length : undefined,
      min: numbers.length > 0 ? Math.min(...numbers) : undefined,
      max: numbers.length > 0 ? Math.max(...numbers) : undefined,
      distinct: new Set(values.map((value) => JSON.stringify(value))).size,
    };
    const figure = computed[name];
    return figure !== undefined && compares([figure], comparison, context);
  });
}

const OF_WAS: Record<string, string[]> = {
  sent: ['Message Sent', 'Message Delivered', 'Message Opened', 'Message Clicked'],
  delivered: ['Message Delivered', 'Message Opened', 'Message Clicked'],
  opened: ['Message Opened', 'Message Clicked'],
  clicked: ['Message Clicked'],
  bounced: ['Message Bounced'],
  unsubscribed: ['Unsubscribed'],
};

/** The newest messages that were sent on the channel were all opened, and none was clicked; of those of one instant, by the hash of their ids. */
function tired(channel: unknown, context: NaiveContext): boolean {
  const own = context.events.filter(({ at, properties }) => at <= context.now && properties?.channel === channel);
  const byHumans = own.filter(({ properties }) => properties?.machine !== true);
  const last = (events: CairnEvent[], event: string, message: unknown): number =>
    Math.max(
      ...events
        .filter(({ name, properties }) => name === event && properties?.messageId === message)
        .map(({ at }) => at),
    );
  const sent = own.filter(({ name }) => name === 'Message Sent').map(({ properties }) => properties?.messageId);
  const hash = (message: unknown): string => shortHash(JSON.stringify(message));
  const messages = [...new Set(sent)]
    .filter((message) => message !== undefined)
    .sort(
      (a, b) =>
        last(own, 'Message Sent', b) - last(own, 'Message Sent', a) ||
        Number(hash(a) < hash(b)) - Number(hash(a) > hash(b)),
    );
  return context.fatigue.some((rule) => {
    const newest = messages.slice(0, rule.opened);
    const opened = newest.map((message) => last(byHumans, 'Message Opened', message));
    const wasClicked = newest.some((message) => last(byHumans, 'Message Clicked', message) > Number.NEGATIVE_INFINITY);
    if (rule.channel !== channel || newest.length < rule.opened || wasClicked) return false;
    return opened.every((at) => at > Number.NEGATIVE_INFINITY) && context.now - Math.max(...opened) < ms(rule.for);
  });
}

export function naive(condition: Json, context: NaiveContext): boolean {
  if (Array.isArray(condition.all)) return condition.all.every((part) => naive(part, context));
  if (Array.isArray(condition.any)) return condition.any.some((part) => naive(part, context));
  if ('not' in condition) return !naive(condition.not as Json, context);
  if ('trait' in condition)
    return compares(follow(context.traits, String(condition.trait).split('.')), condition, context);
  if ('tag' in condition) return context.tags[String(condition.tag)] ?? false;
  if ('event' in condition) return figures(condition, context);
  if ('template' in condition) {
    const event = OF_WAS[String(condition.was)];
    return figures(
      { event, within: condition.within, where: { template: condition.template, machine: { ne: true } } },
      context,
    );
  }
  if ('fatigued' in condition) return tired(condition.fatigued, context);
  if ('ended' in condition) {
    const where = { journey: condition.journey, outcome: condition.ended };
    return figures({ event: '@run-ended', within: condition.within, where }, context);
  }
  if ('data' in condition) return compares(follow(context.data, String(condition.data).split('.')), condition, context);
  throw new Error(JSON.stringify(condition));
}
