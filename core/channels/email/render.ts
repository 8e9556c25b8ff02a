import type { RenderTools } from '../channel.ts';
import type { EmailContent } from './content.ts';

export interface RenderedEmail {
  subject: string;
  html?: string;
  text?: string;
}

export function renderEmail(email: EmailContent, tools: RenderTools): RenderedEmail {
  const source = email.mjml === undefined ? email.html : tools.compiled;
  const html = source === undefined ? undefined : tools.linkedHtml(source);
  const text = email.text === undefined ? undefined : tools.text(email.text);
  const subject = tools.text(email.subject).replaceAll(/[\r\n]+/g, ' ');
  tools.requireSome({ subject });
  tools.requireSome({ html, text });
  return { subject, ...(html === undefined ? {} : { html }), ...(text === undefined ? {} : { text }) };
}
