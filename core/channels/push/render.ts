import type { RenderTools } from '../channel.ts';
import type { PushContent } from './content.ts';

export interface RenderedPush {
  title: string;
  body: string;
  link?: string;
}

/** Apple and Google take 4 KB of JSON with all names and ids. */
const MAX_BYTES = 3_500;

export function renderPush(push: PushContent, tools: RenderTools): RenderedPush {
  const link = push.link === undefined ? undefined : tools.text(push.link);
  const title = tools.text(push.title);
  const body = tools.text(push.body);
  tools.requireSome({ title, body });
  tools.requireAtMost(MAX_BYTES, 'bytes', {
    'title, body and link': Buffer.byteLength(JSON.stringify(title + body + (link ?? ''))) - 2,
  });
  return { title, body, ...(link === undefined ? {} : { link }) };
}
