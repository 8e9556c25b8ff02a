import type { Deployed, Doubt } from '../channels/channel.ts';
import { CHANNELS, type Channel, kindOf } from '../channels/registry.ts';
import type { Issue } from '../definitions/definition.ts';
import type { Settings } from '../definitions/settings.ts';
import { escapePointer, pointer } from '../json-pointer.ts';
import { undeclaredBlock } from './blocks.ts';
import { liquidFault } from './liquid.ts';
import { unknownTemplateVariable } from './liquid-roots.ts';
import type { Content, TemplateDefinition } from './schema.ts';

/**
 * Returns errors, with pointers, for Liquid that does not parse or uses variables or blocks that can never exist, and for translations of channels
 * that the template does not have.
 */
export function checkTemplate(template: TemplateDefinition): Issue[] {
  const { blocks } = template;
  const issues = faults(template.content, '/content', blocks);
  for (const [locale, content] of Object.entries(template.translations ?? {})) {
    const here = `/translations/${locale}`;
    issues.push(...faults(content, here, blocks));
    for (const channel of CHANNELS) {
      if (content[channel] !== undefined && template.content[channel] === undefined) {
        issues.push({ path: `${here}/${channel}`, message: `there is no content for ${channel} to translate` });
      }
    }
  }
  return issues;
}

/** Returns errors, with pointers, for content that names what is not this deployment's: an email's `from`, for one. */
export const foreignContent = (template: TemplateDefinition, deployed: Deployed): Issue[] =>
  inEachContent(template, (channel, content) => kindOf(channel).foreign?.(content, deployed));

/** Returns warnings for content that customers may not get as it is, given the settings. */
export const contentWarnings = (template: TemplateDefinition, settings: Settings): Issue[] =>
  inEachContent(template, (channel, content) =>
    kindOf(channel).doubts?.(content, {
      isMarketing: template.class === 'marketing',
      settings,
      country: settings.country,
    }),
  );

/** Returns warnings for blocks of a kind that there is no content of yet. */
export const emptyBlocks = ({ blocks = {} }: TemplateDefinition, kinds: ReadonlySet<string>): Issue[] =>
  Object.entries(blocks)
    .filter(([, { kind }]) => !kinds.has(kind))
    .map(([name, { kind }]) => ({
      path: pointer(['blocks', name, 'kind']),
      message: `there is no content of the kind ${kind} yet`,
      until: { content: kind },
    }));

function inEachContent(
  { content, translations = {} }: TemplateDefinition,
  look: (channel: Channel, content: unknown) => Doubt[] | undefined,
): Issue[] {
  const all: [string[], Content][] = [
    [['content'], content],
    ...Object.entries(translations).map(([locale, one]): [string[], Content] => [['translations', locale], one]),
  ];
  return all.flatMap(([path, parts]) =>
    CHANNELS.flatMap((channel) =>
      (parts[channel] === undefined ? [] : (look(channel, parts[channel]) ?? [])).map(({ field, message }) => ({
        path: pointer([...path, channel, field]),
        message,
      })),
    ),
  );
}

function faults(value: unknown, path: string, blocks: TemplateDefinition['blocks']): Issue[] {
  if (typeof value === 'string') {
    const fault = liquidFault(value) ?? unknownTemplateVariable(value) ?? undeclaredBlock(value, blocks);
    return fault === undefined ? [] : [{ path, message: fault }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => faults(inner, `${path}/${escapePointer(key)}`, blocks));
}
