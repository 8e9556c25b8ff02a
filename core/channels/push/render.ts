import type { RenderTools } from '../channel.ts';
import type { PushContent } from './content.ts';

export interface RenderedPush {
  title: string;
  body: string;
  link?: string;
}

export function renderPush(push: PushContent, tools: RenderTools): RenderedPush {
  const link = push.link === undefined ? undefined : tools.text(push.link);
  const title = tools.text(push.title);
  const body = tools.text(push.body);
  tools.requireSome({ title, body });
  return { title, body, ...(link === undefined ? {} : { link }) };
}
