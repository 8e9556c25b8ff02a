import type { Compiled, Issue } from '../../core/definitions/definition.ts';
import { pointer } from '../../core/definitions/pointer.ts';
import type { TemplateDefinition } from '../../core/templates/schema.ts';
import type { MjmlCompiler } from './ports.ts';

/** Compiles a template's MJML to HTML, in its own language and in its translations. Returns the faults with JSON pointers if it does not compile. */
export async function compileTemplate(
  mjml: MjmlCompiler,
  template: TemplateDefinition,
): Promise<Compiled | { errors: Issue[] }> {
  const compiled: Compiled = {};
  const errors: Issue[] = [];

  async function compile(source: string | undefined, path: string[]): Promise<string | undefined> {
    if (source === undefined) return undefined;
    const answer = await mjml.compile(source);
    if ('html' in answer) return answer.html;
    const at = pointer([...path, 'email', 'mjml']);
    errors.push(
      ...answer.errors.map(({ line, message }) => ({
        path: at,
        message: line === undefined ? message : `line ${line}: ${message}`,
      })),
    );
    return undefined;
  }

  const email = await compile(template.content.email?.mjml, ['content']);
  if (email !== undefined) compiled.email = email;
  for (const [locale, content] of Object.entries(template.translations ?? {})) {
    const html = await compile(content.email?.mjml, ['translations', locale]);
    if (html !== undefined) compiled.translations = { ...compiled.translations, [locale]: html };
  }
  return errors.length > 0 ? { errors } : compiled;
}
