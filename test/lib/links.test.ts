import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const PAGES = [...globSync('{*,docs/**/*,engine/**/*,examples/**/*,.github/**/*}.md')].filter(
  (file) => !file.includes('node_modules'),
);
const SOURCES = globSync('{adapters,bench,bin,core,engine,functions,lib,local,runtime,statemachines,test}/**/*.ts');

/** What is not in a code block: there, a link is an example. */
const proseOf = (file: string): string =>
  readFileSync(file, 'utf8')
    .replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '));

/** Anchors as GitHub makes them of headings: lower case, without punctuation, spaces as hyphens, repeats numbered. */
function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of readFileSync(file, 'utf8')
    .replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '')
    .matchAll(/^#{1,6} (.+)$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').trim();
    const slug = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    let name = slug;
    for (let count = 1; anchors.has(name); count += 1) name = `${slug}-${count}`;
    anchors.add(name);
  }
  return anchors;
}

/** Why a link from a folder leads nowhere; undefined: it leads there. */
function fault(folder: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const file = relative('.', join(folder, decodeURIComponent(path)));
  if (!existsSync(file)) return `${link}: there is no ${file}`;
  if (anchor === undefined || statSync(file).isDirectory() || !file.endsWith('.md')) return undefined;
  return anchorsOf(file).has(anchor) ? undefined : `${link}: ${file} has no such heading`;
}

describe('links lead somewhere:', () => {
  test.each(PAGES)('%s', (file) => {
    const links = [...proseOf(file).matchAll(/\]\(<?([^)>\s]+)>?(?:\s+"[^"]*")?\)/g)].flatMap(([, link = '']) =>
      /^[a-z]+:/.test(link) ? [] : [link.startsWith('#') ? `${file.split('/').at(-1)}${link}` : link],
    );
    expect(links.flatMap((link) => fault(dirname(file), link) ?? [])).toEqual([]);
  });

  test('in comments and docs that name a page of the repository', () => {
    const faults = [...SOURCES, ...PAGES].flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\bdocs\/[\w./-]+\.md(?:#[\w-]+)?/g)].flatMap(([link]) => {
        const wrong = fault('.', link);
        return wrong === undefined ? [] : [`${file}: ${wrong}`];
      }),
    );
    expect(faults).toEqual([]);
  });

  test('no page is named that a reader of the repository does not have', () => {
    const unknown = [...SOURCES, ...PAGES].flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/`((?:[\w-]+\/)*[\w-]+\.md)`/g)].flatMap(([, page = '']) =>
        [page, join(dirname(file), page)].some((path) => existsSync(path)) ? [] : [`${file}: ${page}`],
      ),
    );
    expect(unknown).toEqual([]);
  });
});
