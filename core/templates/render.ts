import type { Channel } from '../channels.ts';
import type { Compiled } from '../definitions/definition.ts';
import { linkHtml, linkText, markInHtml, markInText } from '../links/authored.ts';
import { RenderError, renderLiquid, valueOfLiquid } from './liquid.ts';
import { translationFor } from './locale.ts';
import type { Content, TemplateDefinition } from './schema.ts';
import { smsSegments } from './sms.ts';

export { RenderError } from './liquid.ts';

/** A message in the form that a provider takes. */
export type Rendered =
  | { channel: 'email'; subject: string; html?: string; text?: string }
  | { channel: 'sms'; text: string; segments: number }
  | { channel: 'push'; title: string; body: string; link?: string };

/** Variables of Liquid. */
export interface Variables {
  profile: Record<string, unknown>;
  data: Record<string, unknown>;
  event: Record<string, unknown>;
  coupon?: unknown;
  unsubscribeUrl: string;
}

export interface RenderOptions {
  /** The customer's locale. */
  locale: string | undefined;
  /** The settings' locale, in which the base content is written. */
  baseLocale: string;
  /** From the settings: text before and after each SMS. */
  sms: { signature: string; optOut: string };
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
  const content = { ...template.content, ...(locale === undefined ? {} : template.translations?.[locale]) };
  const link = template.track === false ? undefined : options.link;
  switch (channel) {
    case 'email':
      return (
        content.email &&
        renderEmail(content.email, compiledHtml(content, locale, template, options.compiled), variables, link)
      );
    case 'sms':
      return content.sms && renderSms(content.sms.text, variables, options, link);
    case 'push':
      return content.push && renderPush(content.push, variables);
  }
}

/** MJML was compiled when the template was defined. */
function compiledHtml(
  content: Content,
  locale: string | undefined,
  template: TemplateDefinition,
  compiled: Compiled | undefined,
): string | undefined {
  if (content.email?.mjml === undefined) return content.email?.html;
  const isTranslated = locale !== undefined && template.translations?.[locale]?.email !== undefined;
  return isTranslated ? compiled?.translations?.[locale] : compiled?.email;
}

function renderEmail(
  email: NonNullable<Content['email']>,
  source: string | undefined,
  variables: Variables,
  link: ((url: string) => string) | undefined,
): Rendered {
  const html = source === undefined ? undefined : renderHtml(source, variables, link);
  const text = email.text === undefined ? undefined : renderLiquid(email.text, variables);
  const subject = renderLiquid(email.subject, variables).replaceAll(/[\r\n]+/g, ' ');
  requireSome({ subject });
  requireSome({ html, text });
  return {
    channel: 'email',
    subject,
    ...(html === undefined ? {} : { html }),
    ...(text === undefined ? {} : { text }),
  };
}

function renderHtml(source: string, variables: Variables, link: ((url: string) => string) | undefined): string {
  if (link === undefined) return renderLiquid(source, variables, 'html');
  return linkHtml(renderLiquid(markInHtml(source), variables, 'html'), link);
}

function renderSms(
  source: string,
  variables: Variables,
  options: RenderOptions,
  link: ((url: string) => string) | undefined,
): Rendered {
  const body =
    link === undefined ? renderLiquid(source, variables) : linkText(renderLiquid(markInText(source), variables), link);
  requireSome({ text: body });
  const optOut = options.class === 'marketing' ? options.sms.optOut : '';
  const text = `${options.sms.signature}${body}${optOut}`;
  return { channel: 'sms', text, segments: smsSegments(text) };
}

function renderPush(push: NonNullable<Content['push']>, variables: Variables): Rendered {
  const link = push.link === undefined ? undefined : renderLiquid(push.link, variables);
  const title = renderLiquid(push.title, variables);
  const body = renderLiquid(push.body, variables);
  requireSome({ title, body });
  return {
    channel: 'push',
    title,
    body,
    ...(link === undefined ? {} : { link }),
  };
}

/** An empty message is not sent: no condition of the template held, or a trait is blank. */
function requireSome(parts: Record<string, string | undefined>): void {
  if (Object.values(parts).some((part) => part !== undefined && part.trim() !== '')) return;
  const names = Object.keys(parts).filter((name) => parts[name] !== undefined);
  throw new RenderError(`${names.join(' and ')} came out empty`);
}
