import type { RenderTools } from '../channel.ts';
import type { EmailContent } from './content.ts';
import { withHtmlFooter, withTextFooter } from './footer.ts';
import { withPreheader } from './preheader.ts';

export interface RenderedEmail {
  /** `address` or `Name <address>`; absent: the deployment's own. */
  from?: string;
  replyTo?: string;
  subject: string;
  html?: string;
  text?: string;
}

/** RFC 5322 allows a line of 998 characters. */
const MAX_SUBJECT = 998;
/** Gmail cuts a message off at 102 KB of HTML, and SES takes 10 MB: what is longer than this is a loop that went wrong. */
const MAX_PART_BYTES = 256 * 1024;

export function renderEmail(email: EmailContent, tools: RenderTools): RenderedEmail {
  const source = email.mjml === undefined ? email.html : tools.compiled;
  const html = source === undefined ? undefined : tools.linkedHtml(source);
  const text = email.text === undefined ? undefined : tools.text(email.text);
  const subject = tools.text(email.subject).replaceAll(/[\r\n]+/g, ' ');
  const preheader = tools.text(email.preheader ?? '').trim();
  tools.requireSome({ subject });
  tools.requireSome({ html, text });
  tools.requireAtMost(MAX_SUBJECT, 'characters', { subject: subject.length });
  tools.requireAtMost(MAX_PART_BYTES, 'bytes', {
    html: Buffer.byteLength(html ?? ''),
    text: Buffer.byteLength(text ?? ''),
  });
  return {
    ...(email.from === undefined ? {} : { from: email.from }),
    ...(email.replyTo === undefined ? {} : { replyTo: email.replyTo }),
    subject,
    ...(html === undefined ? {} : { html: htmlOf(html, preheader, tools) }),
    ...(text === undefined ? {} : { text: textOf(text, tools) }),
  };
}

/** A marketing email always has a link by which to unsubscribe, in each of its parts that is not empty. */
const needsFooter = (part: string, { isMarketing }: RenderTools): boolean => isMarketing && part.trim() !== '';

function htmlOf(html: string, preheader: string, tools: RenderTools): string {
  const complete = needsFooter(html, tools) ? withHtmlFooter(html, tools.unsubscribeUrl, tools.locale) : html;
  return preheader === '' ? complete : withPreheader(complete, preheader);
}

const textOf = (text: string, tools: RenderTools): string =>
  needsFooter(text, tools) ? withTextFooter(text, tools.unsubscribeUrl, tools.locale) : text;
