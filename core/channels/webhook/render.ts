import type { RenderTools } from '../channel.ts';
import type { WebhookContent } from './content.ts';

export interface RenderedWebhook {
  body: Record<string, unknown>;
}

const MAX_BYTES = 256 * 1024;

/** Links stay as they are: the receiver is a program, which may follow any of them. */
export function renderWebhook({ body: source }: WebhookContent, tools: RenderTools): RenderedWebhook {
  const body = Object.fromEntries(Object.entries(source).map(([name, value]) => [name, tools.value(value)]));
  tools.requireAtMost(MAX_BYTES, 'bytes', { body: Buffer.byteLength(JSON.stringify(body)) });
  return { body };
}
