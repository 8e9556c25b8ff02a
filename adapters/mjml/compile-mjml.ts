import mjml2html from 'mjml';
import { components } from 'mjml-core';
import type { MjmlAnswer } from '../../engine/definitions/ports.ts';
import { markLiquid } from './mark-liquid.ts';

/** Elements whose content MJML takes as text. */
const leaves = new Set(
  Object.entries(components).flatMap(([name, { endingTag }]) => (endingTag === true ? [name] : [])),
);

/** Compiles MJML to HTML. Liquid stays unchanged, even between elements. Text that MJML would drop silently is an error. No file is read. */
export async function compileMjml(mjml: string): Promise<MjmlAnswer> {
  const marked = markLiquid(mjml, leaves);
  if ('faults' in marked) return { errors: marked.faults };
  try {
    const { html, errors } = await mjml2html(marked.source, { validationLevel: 'soft', ignoreIncludes: true });
    if (errors.length === 0) return { html };
    return { errors: errors.map(({ message, line }) => (line === undefined ? { message } : { message, line })) };
  } catch (error) {
    return { errors: [{ message: error instanceof Error ? error.message : String(error) }] };
  }
}
