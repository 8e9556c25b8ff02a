import { describe, expect, it } from 'vitest';
import { compileMjml } from '../../../adapters/mjml/compile-mjml.ts';

const inBody = (body: string) => `<mjml><mj-body>${body}</mj-body></mjml>`;
const inColumn = (content: string) => inBody(`<mj-section><mj-column>${content}</mj-column></mj-section>`);

/** Liquid and the texts of one letter, in the order in which they stand in the HTML. */
async function kept(source: string): Promise<string> {
  const compiled = await compileMjml(source);
  if ('errors' in compiled) throw new Error(JSON.stringify(compiled.errors));
  const { html } = compiled;
  return [...html.slice(html.indexOf('<body')).matchAll(/\{[%{].*?[%}]\}|(?<=>\s*)[A-Z](?=\s*<)/gs)].join(' ');
}

describe('Liquid in MJML', () => {
  it.each([
    [
      'between the elements of a column',
      inColumn('{% if data.vip %}<mj-text>A</mj-text>{% else %}<mj-text>B</mj-text>{% endif %}'),
      '{% if data.vip %} A {% else %} B {% endif %}',
    ],
    [
      'between sections',
      inBody(
        '{%- for item in data.items -%}<mj-section><mj-column><mj-text>{{ item }}</mj-text></mj-column></mj-section>{%- endfor -%}',
      ),
      '{%- for item in data.items -%} {{ item }} {%- endfor -%}',
    ],
    [
      'in a text',
      inColumn('<mj-text><b>A</b>{% if data.vip %}<i>B</i>{% endif %}</mj-text>'),
      'A {% if data.vip %} B {% endif %}',
    ],
    [
      'in an attribute',
      inColumn(`<mj-button href="{{ data.url | default: 'https://a.cn/?x>1' }}">A</mj-button>`),
      `{{ data.url | default: 'https://a.cn/?x>1' }} A`,
    ],
    ['in a comment', inBody('{% comment %} no <mj-text> {% endcomment %}'), '{% comment %} {% endcomment %}'],
  ])('is kept %s', async (_where, source, shown) => {
    expect(await kept(source)).toBe(shown);
  });

  it.each([
    ['directly in mjml', '<mjml>{% if data.vip %}<mj-body></mj-body>{% endif %}</mjml>', /directly in <mjml>/],
    ['before mjml', '{% assign x = 1 %}<mjml><mj-body></mj-body></mjml>', /outside <mjml>/],
    [
      'among attributes',
      inColumn('<mj-text {% if data.vip %}color="red"{% endif %}>A</mj-text>'),
      /in an attribute's value/,
    ],
    [
      'with the quote of its attribute',
      inColumn('<mj-button href="{{ data.url | default: "x" }}">A</mj-button>'),
      /own quote "/,
    ],
    ['as an output between elements', inColumn('{{ profile.name }}'), /would be dropped \(\{\{ profile.name }}\)/],
  ])('is refused %s', async (_where, source, message) => {
    expect(await compileMjml(source)).toEqual({ errors: [{ line: 1, message: expect.stringMatching(message) }] });
  });
});

describe('what MJML would drop silently', () => {
  it.each([
    ['text between elements', inColumn('\n\n您好'), /would be dropped \(您好\)/, 3],
    ['mj-include', inBody('\n<mj-include path="./x.mjml" />'), /mj-include/, 2],
    ['an element that is not closed', inColumn('\n<mj-text>A'), /<mj-text> is not closed/, 2],
    ['an element closed by another', inColumn('<mj-text>A\n<mj-text>B</mj-text>'), /<mj-text> is not closed/, 1],
    [
      'a container that is not closed',
      '<mjml><mj-body><mj-section></mj-body></mjml>',
      /<mj-section> is not closed before/,
      1,
    ],
    ['a tag that is cut off', '<mjml><mj-body', /cut off/, 1],
  ])('is refused: %s', async (_what, source, message, line) => {
    expect(await compileMjml(source)).toEqual({ errors: [{ line, message: expect.stringMatching(message) }] });
  });
});
