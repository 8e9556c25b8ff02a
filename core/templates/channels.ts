import { CHANNELS, type Channel } from '../channels/registry.ts';
import type { TemplateDefinition } from './schema.ts';

/** Channels that the template has content for, in the workspace's order. */
export const channelsOf = (template: TemplateDefinition): Channel[] =>
  CHANNELS.filter((channel) => template.content[channel] !== undefined);
