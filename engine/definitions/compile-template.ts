import { CHANNELS, kindOf } from '../../core/channels/registry.ts';
import type { Compiled, CompiledContent, Issue } from '../../core/definitions/definition.ts';
import { pointer } from '../../core/json-pointer.ts';
import type { Content, TemplateDefinition } from '../../core/templates/schema.ts';
import type { MjmlCompiler } from './ports.ts';

/** Compiles a template's MJML to HTML, in its own language and in its translations. Returns the faults with JSON pointers if it does not compile. */
export async function compileTemplate(
  mjml: MjmlCompiler,
  template: TemplateDefinition,
): Promise<Compiled | { errors: Issue[] }> {
  const compiled: Compiled = {};
  const errors: Issue[] = [];

  async function compile(content: Content, path: string[]): Promise<CompiledContent | undefined> {
    const done: CompiledContent = {};
    for (const channel of CHANNELS) {
      const { markup } = kindOf(channel);
      const said: Record<string, unknown> = content[channel] ?? {};
      const source = markup === undefined ? undefined : said[markup];
      if (markup === undefined || typeof source !== 'string') continue;
      const html = await compileOne(source, pointer([...path, channel, markup]));
      if (html !== undefined) done[channel] = html;
    }
    return Object.keys(done).length > 0 ? done : undefined;
  }

  async function compileOne(source: string, at: string): Promise<string | undefined> {
    const answer = await mjml.compile(source);
    if ('html' in answer) return answer.html;
    errors.push(
      ...answer.errors.map(({ line, message }) => ({
        path: at,
        message: line === undefined ? message : `line ${line}: ${message}`,
      })),
    );
    return undefined;
  }

  const base = await compile(template.content, ['content']);
  if (base !== undefined) compiled.content = base;
  for (const [locale, content] of Object.entries(template.translations ?? {})) {
    const translated = await compile(content, ['translations', locale]);
    if (translated !== undefined) compiled.translations = { ...compiled.translations, [locale]: translated };
  }
  return errors.length > 0 ? { errors } : compiled;
}
