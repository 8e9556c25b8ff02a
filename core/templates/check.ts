import { CHANNELS } from '../channels/registry.ts';
import type { Issue } from '../definitions/definition.ts';
import { escapePointer } from '../json-pointer.ts';
import { liquidFault } from './liquid.ts';
import { unknownTemplateVariable } from './liquid-roots.ts';
import type { TemplateDefinition } from './schema.ts';

/**
 * Returns errors, with pointers, for Liquid that does not parse or uses variables that can never exist, and for translations of channels that the
 * template does not have.
 */
export function checkTemplate(template: TemplateDefinition): Issue[] {
  const issues = faults(template.content, '/content');
  for (const [locale, content] of Object.entries(template.translations ?? {})) {
    const here = `/translations/${locale}`;
    issues.push(...faults(content, here));
    for (const channel of CHANNELS) {
      if (content[channel] !== undefined && template.content[channel] === undefined) {
        issues.push({ path: `${here}/${channel}`, message: `there is no content for ${channel} to translate` });
      }
    }
  }
  return issues;
}

function faults(value: unknown, path: string): Issue[] {
  if (typeof value === 'string') {
    const fault = liquidFault(value) ?? unknownTemplateVariable(value);
    return fault === undefined ? [] : [{ path, message: fault }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => faults(inner, `${path}/${escapePointer(key)}`));
}
