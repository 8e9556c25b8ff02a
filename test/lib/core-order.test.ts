import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { expect, test } from 'vitest';

/** Folders of `core` in the order in which they may be known: each knows those before it (docs/decisions/0085-ports-and-the-order-of-core.md). */
const ORDER = [
  ['time', 'http', 'colours'],
  ['channels'],
  ['definitions'],
  ['policies'],
  ['events'],
  ['conditions'],
  ['alerts', 'profiles', 'computed-traits', 'content', 'coupons', 'jobs', 'links', 'lists'],
  ['goals', 'tags', 'templates', 'webhooks'],
  ['messages'],
  ['journeys', 'runs'],
  ['campaigns', 'metrics', 'simulation'],
  ['results'],
  ['catalog'],
  ['sending'],
];
/** Files beside the folders come before all of them. */
const tierOf = (file: string): number => {
  const [, folder = '', ...rest] = file.split(sep);
  return rest.length === 0 ? -1 : ORDER.findIndex((folders) => folders.includes(folder));
};

const files = readdirSync('core', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join('core', file));
const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, to = '']) =>
    normalize(join(dirname(file), to)),
  );

test('each folder of core has its place in the order', () => {
  const placeless = files.filter((file) => tierOf(file) < 0 && file.split(sep).length > 2);
  expect(placeless).toEqual([]);
});

test('no file of core imports from a folder that comes later', () => {
  const backwards = files.flatMap((file) =>
    importsOf(file)
      .filter((to) => to.startsWith('core') && tierOf(to) > tierOf(file))
      .map((to) => `${file} imports ${to}`),
  );
  expect(backwards).toEqual([]);
});
