import { describe, expect, it } from 'vitest';
import { BlocksSchema } from '../../../core/content/block.ts';
import type { KnownItem } from '../../../core/content/choose.ts';
import { ContentItemSchema } from '../../../core/content/schema.ts';
import { blocksForLiquid, undeclaredBlock } from '../../../core/templates/blocks.ts';
import { RenderError, renderLiquid } from '../../../core/templates/liquid.ts';

const item = (id: string, fields: object): KnownItem => ({
  id,
  definition: ContentItemSchema.parse({ kind: 'case', fields, match: { industry: ['retail'] } }),
});
const ITEMS = [
  item('a', { title: 'Tea & <b>co</b>', tags: ['x', 'y'], growth: 0.4 }),
  item('b', { title: 'Silk', path: 'silk' }),
];
const blocks = (traits: object) =>
  blocksForLiquid(
    BlocksSchema.parse({ cases: { kind: 'case', match: { industry: { trait: 'industry' } }, limit: 3 } }),
    ITEMS,
    traits,
    0,
  );
const seen = (source: string, traits: object, as: 'text' | 'html' = 'text') =>
  renderLiquid(source, { blocks: blocks(traits) }, as);

const LIST = '{% if blocks.cases %}Cases: {% for one in blocks.cases %}{{ one.title }};{% endfor %}{% endif %}';

describe('blocks in Liquid', () => {
  it('are the fields of the items, escaped in HTML like other data', () => {
    const retail = { industry: 'retail' };
    expect(seen(LIST, retail)).toBe('Cases: Tea & <b>co</b>;Silk;');
    expect(seen(LIST, retail, 'html')).toBe('Cases: Tea &amp; &lt;b&gt;co&lt;/b&gt;;Silk;');
    expect(seen('{{ blocks.cases.first.title | raw }}', retail, 'html')).toBe('Tea & <b>co</b>');
    expect(seen('{{ blocks.cases[0].tags | join: "," }} {{ blocks.cases.size }}', retail)).toBe('x,y 2');
  });

  it('are false, empty and of size 0 where they are dropped', () => {
    const source = `${LIST}{% unless blocks.cases %}none{% endunless %}`;
    expect(seen(source, {})).toBe('none');
    expect(seen('{% for one in blocks.cases %}{{ one.title }}{% else %}none{% endfor %}', {})).toBe('none');
    expect(seen('{{ blocks.cases.size }} {{ blocks.cases | size }}', {})).toBe('0 0');
    expect(seen('{{ blocks.cases | map: "title" | join: "," }}{{ blocks.cases }}', {})).toBe('');
    expect(seen('{{ blocks.cases | json }}', {})).toBe('[]');
    expect(seen('{% if blocks.cases.size > 0 %}some{% else %}none{% endif %}', {})).toBe('none');
  });

  it('fail the message where an item lacks a field, and name it', () => {
    const source = '{% for one in blocks.cases %}{{ one.path }}{% endfor %}';
    expect(() => seen(source, { industry: 'retail' })).toThrow(RenderError);
    expect(() => seen(source, { industry: 'retail' })).toThrow('one.path');
    expect(() => seen('{{ blocks.cases[0].title }}', {})).toThrow('undefined variable');
  });
});

describe('a block that is not declared', () => {
  it.each([
    ['{{ blocks.cases }}', {}, 'the template has no blocks, so there is no blocks.cases'],
    ['{% for one in blocks.case %}{% endfor %}', { cases: 1 }, 'there is no block case: there are cases'],
    ['{{ blocks[profile.kind] }}', { cases: 1, news: 1 }, 'name a block: blocks.cases, blocks.news'],
    ['{% for one in blocks %}{% endfor %}', { cases: 1 }, 'name a block: blocks.cases'],
    ["{{ blocks['cases'][0].title }}", { cases: 1 }, undefined],
    ['{% if blocks.my-cases.size > 1 %}x{% endif %}', { 'my-cases': 1 }, undefined],
    ['{% assign blocks = 1 %}{{ blocks.x }}{{ data.blocks.y }}', {}, undefined],
  ])('%s', (source, declared, fault) => {
    expect(undeclaredBlock(source, declared)).toBe(fault);
  });
});
