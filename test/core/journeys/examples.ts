import { readdirSync, readFileSync } from 'node:fs';
import type { CheckView } from '../../../core/catalog/kind.ts';
import { type Journey, JourneySchema } from '../../../core/journeys/schema.ts';
import { channelsOf } from '../../../core/templates/channels.ts';
import { TemplateSchema } from '../../../core/templates/schema.ts';
import { viewOf } from './builders.ts';

const folder = new URL('../../../examples/', import.meta.url);

/** The example definitions of a kind by id: the bodies that a user would PUT. */
export const examplesOf = (kind: string): [id: string, body: unknown][] =>
  readdirSync(new URL(`${kind}/`, folder))
    .sort()
    .map((name) => [name.replace(/\.json$/, ''), JSON.parse(readFileSync(new URL(`${kind}/${name}`, folder), 'utf8'))]);

export const exampleJourneys = (): [id: string, journey: Journey][] =>
  examplesOf('journeys').map(([id, body]) => [id, JourneySchema.parse(body)]);

/** A catalog that holds the examples and the built-in calendar, and nothing else. */
export function exampleView(): CheckView {
  const ids = (kind: string) => examplesOf(kind).map(([id]) => id);
  const templates = examplesOf('templates').map(([id, body]) => [id, channelsOf(TemplateSchema.parse(body))] as const);
  return viewOf({
    tags: ids('tags'),
    segments: ids('segments'),
    journeys: ids('journeys'),
    'coupon-pools': ids('coupon-pools'),
    templates: Object.fromEntries(templates),
    calendars: ['cn'],
  });
}
