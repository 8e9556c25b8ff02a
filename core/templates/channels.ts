import { CHANNELS, type Channel } from '../channels/registry.ts';
import type { TemplateDefinition } from './schema.ts';

/** The part of a template that decides about its sending: all but its content. */
export interface TemplateOutline {
  class: TemplateDefinition['class'];
  topic?: string | undefined;
  content: Partial<Record<Channel, unknown>>;
}

/** Channels that the template has content for, in the workspace's order. */
export const channelsOf = (template: Pick<TemplateOutline, 'content'>): Channel[] =>
  CHANNELS.filter((channel) => template.content[channel] !== undefined);
