import type { RenderTools } from '../channel.ts';
import type { WebhookContent } from './content.ts';

export interface RenderedWebhook {
  body: Record<string, unknown>;
}

/** Links stay as they are: the receiver is a program, which may follow any of them. */
export const renderWebhook = ({ body }: WebhookContent, tools: RenderTools): RenderedWebhook => ({
  body: Object.fromEntries(Object.entries(body).map(([name, value]) => [name, tools.value(value)])),
});
