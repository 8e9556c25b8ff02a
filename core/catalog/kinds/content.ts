import { type ContentItem, ContentItemSchema, MAX_ITEMS, MAX_ITEMS_OF_KIND } from '../../content/schema.ts';
import type { Issue } from '../../definitions/definition.ts';
import { pointer } from '../../json-pointer.ts';
import { type CheckView, type DefinitionKind, replaceById } from '../kind.ts';

/** Journeys pin an item's version at submit; everything else uses the newest. */
export const content: DefinitionKind<'content'> = {
  kind: 'content',
  schema: ContentItemSchema,
  live: true,
  check: (id, definition, view) => ({ errors: tooMany(id, definition, view), warnings: unrendered(definition) }),
  references: () => [],
  apply(rules, id, now) {
    const { kind, until } = now?.definition ?? {};
    const entry =
      now === undefined || kind === undefined
        ? undefined
        : { id, version: now.version, kind, ...(until === undefined ? {} : { until }) };
    const entries = replaceById(rules.content ?? [], id, entry);
    return { ...rules, content: entries.length === 0 ? undefined : entries };
  },
};

function tooMany(id: string, { kind }: ContentItem, { live }: CheckView): Issue[] {
  const others = (live.content ?? []).filter((one) => one.id !== id);
  if (others.length >= MAX_ITEMS) return [{ path: '', message: `there are ${MAX_ITEMS} content items already` }];
  return others.filter((one) => one.kind === kind).length >= MAX_ITEMS_OF_KIND
    ? [{ path: '/kind', message: `there are ${MAX_ITEMS_OF_KIND} items of the kind ${kind} already` }]
    : [];
}

/** Fields are shown as they are. */
const unrendered = ({ fields }: ContentItem): Issue[] =>
  Object.entries(fields)
    .filter(([, value]) => [value].flat().some((one) => typeof one === 'string' && /\{[{%]/.test(one)))
    .map(([name]) => ({ path: pointer(['fields', name]), message: 'is no Liquid: customers see it as it is' }));
