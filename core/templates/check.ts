import type { Deployed } from '../channels/channel.ts';
import { CHANNELS, kindOf } from '../channels/registry.ts';
import type { Issue } from '../definitions/definition.ts';
import { escapePointer, pointer } from '../json-pointer.ts';
import { liquidFault } from './liquid.ts';
import { unknownTemplateVariable } from './liquid-roots.ts';
import type { Content, TemplateDefinition } from './schema.ts';

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

/** Returns errors, with pointers, for content that names what is not this deployment's: an email's `from`, for one. */
export function foreignContent({ content, translations = {} }: TemplateDefinition, deployed: Deployed): Issue[] {
  const all: [string[], Content][] = [
    [['content'], content],
    ...Object.entries(translations).map(([locale, one]): [string[], Content] => [['translations', locale], one]),
  ];
  return all.flatMap(([path, parts]) =>
    CHANNELS.flatMap((channel) =>
      (parts[channel] === undefined ? [] : (kindOf(channel).foreign?.(parts[channel], deployed) ?? [])).map(
        ({ field, message }) => ({ path: pointer([...path, channel, field]), message }),
      ),
    ),
  );
}

function faults(value: unknown, path: string): Issue[] {
  if (typeof value === 'string') {
    const fault = liquidFault(value) ?? unknownTemplateVariable(value);
    return fault === undefined ? [] : [{ path, message: fault }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => faults(inner, `${path}/${escapePointer(key)}`));
}
