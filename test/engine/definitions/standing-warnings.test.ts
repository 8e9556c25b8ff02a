import { describe, expect, it } from 'vitest';
import type { Version } from '../../../core/catalog/definitions.ts';
import type { Head, Issue } from '../../../core/definitions/definition.ts';
import { currentView, currentViews, type ViewDeps } from '../../../engine/definitions/standing-warnings.ts';

const head = { latest: 2, rev: 1, at: 0, by: 'ann', status: 'draft' } as unknown as Head;
const versionOf = (warnings: Issue[]) =>
  ({ definition: { name: 'Cart' }, at: 0, by: 'ann', warnings }) as unknown as Version<'journeys'>;

/** Where these events have come and these definitions are there; `asked`: every read. */
function workspace(known: { events?: string[]; heads?: Record<string, object> }) {
  const asked: string[] = [];
  const deps = {
    eventNames: {
      has: async (name: string) => {
        asked.push(name);
        return known.events?.includes(name) === true;
      },
    },
    definitions: {
      head: async (kind: string, id: string) => {
        asked.push(`${kind}/${id}`);
        return known.heads?.[`${kind}/${id}`];
      },
    },
  } as unknown as ViewDeps;
  return { deps, asked };
}

const reference = { kind: 'journeys', id: 'cart' } as const;
const noEvent: Issue = {
  path: '/exit/0/event',
  message: 'no event Ordered has ever come',
  until: { event: 'Ordered' },
};
const noTag: Issue = { path: '/entry/tag', message: 'there is no tag vip', until: { kind: 'tags', id: 'vip' } };

describe('a warning', () => {
  it.each<[string, Issue, Parameters<typeof workspace>[0], boolean]>([
    ['stands until the event comes', noEvent, { events: ['Other'] }, true],
    ['is settled by the event', noEvent, { events: ['Ordered'] }, false],
    ['stands until the definition is there', noTag, {}, true],
    ['is settled by the definition', noTag, { heads: { 'tags/vip': {} } }, false],
    ['stands again when the definition is deleted', noTag, { heads: { 'tags/vip': { deleted: true } } }, true],
    ['that nothing settles stands', { path: '/a', message: 'always' }, { events: ['Ordered'] }, true],
  ])('%s', async (_, warning, known, stands) => {
    const { deps } = workspace(known);
    const { warnings } = await currentView(deps, reference, head, 1, versionOf([warning]));
    expect(warnings).toEqual(stands ? [{ path: warning.path, message: warning.message }] : []);
  });

  it('of several versions is looked up once', async () => {
    const { deps, asked } = workspace({ events: ['Ordered'] });
    const view = currentViews(deps);
    for (const n of [1, 2, 3]) await view(reference, head, n, versionOf([noEvent, noTag, noEvent]));
    expect(asked).toEqual(['Ordered', 'tags/vip']);
  });

  it('costs nothing where there is none', async () => {
    const { deps, asked } = workspace({});
    await currentView(deps, reference, head, 1, versionOf([{ path: '/a', message: 'always' }]));
    expect(asked).toEqual([]);
  });
});
