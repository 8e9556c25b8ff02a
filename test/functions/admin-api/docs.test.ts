import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CHANNELS } from '../../../core/channels/registry.ts';
import { PREDICATES } from '../../../core/conditions/predicates/registry.ts';
import { NODES } from '../../../core/journeys/nodes/registry.ts';
import { JourneySchema } from '../../../core/journeys/schema.ts';
import { TemplateSchema } from '../../../core/templates/schema.ts';
import { openApiDocument } from '../../../lib/openapi/document.ts';
import { allRoutes } from '../../../lib/routes.ts';
import { blocksOf, sectionOf } from '../../markdown.ts';
import { startTables } from '../../protocols/tables.ts';
import { harness } from './api-harness.ts';

let api: ReturnType<typeof harness>;
let client: DynamoDBDocumentClient;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ client, stop } = await startTables());
  api = harness(client);
});
afterAll(() => stop());

type Json = Record<string, unknown>;
const end = { type: 'end' };

const journey = (more: Json): Json => ({
  name: 'Of the docs',
  entry: { event: 'Signed Up' },
  start: 'done',
  ...more,
  nodes: { done: end, remind: { type: 'send', template: 'cart-reminder', next: 'done' }, ...(more.nodes as Json) },
});

/** Every node that a part of a journey leads to and does not hold is an end, but the coupon that a branch asks about. */
function withMissingNodes(nodes: Json): Json {
  const next = [...JSON.stringify(nodes).matchAll(/"(?:next|default|on[A-Z]\w+)":"([^"]+)"/g)].map(([, id = '']) => id);
  const outcomes = [...JSON.stringify(nodes).matchAll(/"outcomes":(\{[^}]*\})/g)].flatMap(([, one = '{}']) =>
    Object.values(JSON.parse(one) as Record<string, string>),
  );
  return { ...Object.fromEntries([...next, ...outcomes].map((id) => [id, end])), ...nodes };
}

/** A block's kind → the definition that it is, or is a part of. */
const WHOLE: Record<string, (part: never) => [path: string, body: Json]> = {
  journey: (whole: Json) => ['journeys', whole],
  entry: (entry: Json) => ['journeys', journey({ entry })],
  exit: (exit: Json) => ['journeys', journey({ exit })],
  nodes: (nodes: Json) => ['journeys', journey({ start: Object.keys(nodes)[0], nodes: withMissingNodes(nodes) })],
  condition: (audience: Json) => ['journeys', journey({ audience })],
  'run-condition': (one: Json) => [
    'journeys',
    journey({
      start: 'gift',
      nodes: {
        gift: { type: 'coupon', pool: 'welcome-50', next: 'which' },
        which: { type: 'branch', cases: [{ if: one, next: 'done' }], default: 'done' },
      },
    }),
  ],
  template: (whole: Json) => ['templates', whole],
  'content-item': (whole: Json) => ['content', whole],
  'coupon-pool': (whole: Json) => ['coupon-pools', whole],
  tag: (whole: Json) => ['tags', whole],
  segment: (whole: Json) => ['segments', whole],
  'computed-trait': (whole: Json) => ['computed-traits', whole],
  settings: (whole: Json) => ['settings', whole],
  content: (content: Json) => ['templates', { class: 'marketing', content }],
};

const blocks = ['journeys.md', 'templates.md'].flatMap((page) =>
  blocksOf(page, 'json').map(({ kind, text }, index) => ({ page, number: index + 1, kind, text })),
);
const partsOf = (...kinds: string[]): Json[] =>
  blocks.filter(({ kind }) => kinds.includes(kind)).map(({ text }) => JSON.parse(text) as Json);

const fieldsOf = (schema: z.ZodType): string[] =>
  schema instanceof z.ZodLazy ? fieldsOf(schema.unwrap() as z.ZodType) : Object.keys((schema as z.ZodObject).shape);
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

describe('the pages on journeys and templates', () => {
  it.each(blocks)('have a definition that is taken: $page, block $number ($kind)', async ({ kind, text }) => {
    const [path, body] = WHOLE[kind]?.(JSON.parse(text) as never) ?? [];
    const id = path === 'settings' ? '' : '/of-the-docs';
    const { status, body: answer } = await api.call('PUT', `/v1/${path}${id}`, { body });
    expect([status, answer.errors]).toEqual([expect.toBeOneOf([200, 201]), undefined]);
  });

  it('show every field of a journey and of a template', () => {
    expect(sorted(partsOf('journey').flatMap(Object.keys))).toEqual(sorted(fieldsOf(JourneySchema)));
    expect(sorted(partsOf('template').flatMap(Object.keys))).toEqual(sorted(fieldsOf(TemplateSchema)));
    const contents = [...partsOf('content'), ...partsOf('template').map(({ content }) => content as Json)];
    expect(sorted(contents.flatMap(Object.keys))).toEqual(sorted(CHANNELS));
    expect(sorted(contents.flatMap(({ email }) => Object.keys(email ?? {})))).toEqual([
      'html',
      'mjml',
      'subject',
      'text',
    ]);
  });

  it('show every entry with all its fields', () => {
    const entries = partsOf('entry');
    expect(entries.map((entry) => Object.keys(entry)[0])).toEqual([
      'event',
      'tag',
      'segment',
      'date',
      'schedule',
      'api',
    ]);
    expect(entries.map((entry) => sorted(Object.keys(entry)))).toEqual([
      ['event', 'fresh', 'key', 'where'],
      ['backfilled', 'existing', 'on', 'tag'],
      ['on', 'segment'],
      ['date'],
      ['schedule'],
      ['api'],
    ]);
  });

  it.each(Object.entries(NODES))(
    'show every field of the node %s, and say what OpenAPI says',
    (type, { schema, about }) => {
      const shown = partsOf('nodes').flatMap((nodes) => Object.values(nodes) as Json[]);
      const fields = shown.filter((node) => node.type === type).flatMap(Object.keys);
      expect(sorted(fields)).toEqual(sorted(fieldsOf(schema)));
      expect(sectionOf('journeys.md', `### \`${type}\``).startsWith(`${about}\n`)).toBe(true);
      const text = JSON.stringify(openApiDocument(allRoutes));
      expect(text).toContain(JSON.stringify({ title: type, description: about }).slice(1, -1));
    },
  );

  it('show every condition, exit, way of a wait-for and instant to wait until', () => {
    const asked = JSON.stringify(partsOf('condition', 'run-condition'));
    for (const name of ['all', 'any', 'not', ...Object.keys(PREDICATES)]) expect(asked).toContain(`{"${name}":`);
    const exits = partsOf('exit').flat() as Json[];
    expect(sorted(exits.flatMap(Object.keys))).toEqual([
      'addTags',
      'event',
      'message',
      'on',
      'outcome',
      'same',
      'tag',
      'was',
      'where',
    ]);
    const nodes = partsOf('nodes').flatMap((one) => Object.values(one) as { for?: unknown; until?: Json }[]);
    const ways = nodes.flatMap((node) => (Array.isArray(node.for) ? (node.for as Json[]) : []));
    expect(sorted(ways.flatMap(Object.keys))).toEqual([
      'as',
      'event',
      'message',
      'next',
      'on',
      'same',
      'since',
      'tag',
      'was',
      'where',
    ]);
    expect(sorted(nodes.flatMap(({ until }) => Object.keys(until ?? {})))).toEqual([
      'data',
      'days',
      'every',
      'offset',
      'onMissing',
      'sinceEntry',
      'time',
      'trait',
    ]);
  });

  it('have no block that nothing is done with', () => {
    expect(
      z.array(z.enum(Object.keys(WHOLE) as [string, ...string[]])).safeParse(blocks.map(({ kind }) => kind)).error,
    ).toBe(undefined);
  });
});
