import type { RenderTools } from '../channels/channel.ts';
import { type Channel, kindOf, type Rendered, type SETTINGS_SHAPE } from '../channels/registry.ts';
import type { Compiled } from '../definitions/definition.ts';
import type { Settings } from '../definitions/settings.ts';
import { linkHtml, linkText, markInHtml, markInText } from '../links/authored.ts';
import { withUtm } from '../links/utm.ts';
import { type RenderBudget, RenderError, renderLiquid, valueOfLiquid } from './liquid.ts';
import { translationFor } from './locale.ts';
import type { TemplateDefinition } from './schema.ts';

export { RenderError } from './liquid.ts';

/** Variables of Liquid. */
export interface Variables {
  profile: Record<string, unknown>;
  data: Record<string, unknown>;
  event: Record<string, unknown>;
  coupon?: unknown;
  /** Matched content by block; absent: the template has none. */
  blocks?: Record<string, unknown>;
  unsubscribeUrl: string;
}

export interface RenderOptions {
  /** The customer's locale. */
  locale: string | undefined;
  /** The settings' locale, in which the base content is written. */
  baseLocale: string;
  /** Settings that channels read, and the parameters of links. */
  settings: Pick<Settings, keyof typeof SETTINGS_SHAPE | 'utm'>;
  compiled?: Compiled;
  /** Rewrites a link that the template's author wrote, so that clicks are counted. */
  link: (url: string) => string;
  class: TemplateDefinition['class'];
}

/** How one of a journey's own strings is rendered: as text, as a JSON value (a single output keeps a number or boolean), or as a URL. */
export type RenderAs = 'text' | 'value' | 'url';

/** Renders Liquid in a journey's own strings. @throws RenderError */
export const renderString = (text: string, variables: object, as: RenderAs): unknown =>
  as === 'value' ? valueOfLiquid(text, variables) : renderLiquid(text, variables, as);

/**
 * Renders a template for a channel; undefined: it has no content for this channel. @throws RenderError naming the missing variable, or the empty part
 */
export function render(
  template: TemplateDefinition,
  channel: Channel,
  variables: Variables,
  options: RenderOptions,
): Rendered | undefined {
  const locale = translationFor(Object.keys(template.translations ?? {}), options.locale, options.baseLocale);
  const translated = locale === undefined ? undefined : template.translations?.[locale]?.[channel];
  const content = translated ?? template.content[channel];
  if (content === undefined) return undefined;
  const compiled =
    translated === undefined ? options.compiled?.content : options.compiled?.translations?.[locale ?? ''];
  const utm = { ...options.settings.utm, ...template.utm };
  const link = (url: string) => options.link(withUtm(url, utm));
  const tools = toolsFor(variables, template.track === false ? undefined : link);
  const rendered = kindOf(channel).render(content, {
    ...tools,
    compiled: compiled?.[channel],
    isMarketing: options.class === 'marketing',
    settings: options.settings,
    locale: (translated === undefined ? undefined : locale) ?? options.baseLocale,
    unsubscribeUrl: variables.unsubscribeUrl,
  });
  return { channel, ...rendered } as Rendered; // by the channel's own renderer
}

function toolsFor(
  variables: Variables,
  link: ((url: string) => string) | undefined,
): Pick<RenderTools, 'text' | 'linkedText' | 'linkedHtml' | 'value' | 'requireSome' | 'requireAtMost'> {
  const budget: RenderBudget = {};
  const text = (source: string) => renderLiquid(source, variables, 'text', budget);
  return {
    text,
    linkedText: (source) => (link === undefined ? text(source) : linkText(text(markInText(source)), link)),
    linkedHtml: (source) =>
      link === undefined
        ? renderLiquid(source, variables, 'html', budget)
        : linkHtml(renderLiquid(markInHtml(source), variables, 'html', budget), link),
    value: (source) => renderValue(source, (text) => valueOfLiquid(text, variables, budget)),
    requireSome,
    requireAtMost,
  };
}

/** Liquid in every string of a JSON value. @throws RenderError */
function renderValue(source: unknown, valueOfText: (text: string) => unknown): unknown {
  if (typeof source === 'string') return valueOfText(source);
  if (Array.isArray(source)) return source.map((one) => renderValue(one, valueOfText));
  if (typeof source !== 'object' || source === null) return source;
  return Object.fromEntries(Object.entries(source).map(([name, inner]) => [name, renderValue(inner, valueOfText)]));
}

/** An empty message is not sent: no condition of the template held, or a trait is blank. */
function requireSome(parts: Record<string, string | undefined>): void {
  if (Object.values(parts).some((part) => part !== undefined && part.trim() !== '')) return;
  const names = Object.keys(parts).filter((name) => parts[name] !== undefined);
  throw new RenderError(`${names.join(' and ')} came out empty`);
}

/** A message that a provider would refuse, or a customer could not read, is not sent. */
function requireAtMost(max: number, unit: string, sizes: Record<string, number>): void {
  for (const [name, size] of Object.entries(sizes))
    if (size > max) throw new RenderError(`${name} is too long: ${size} ${unit}, at most ${max}`);
}
