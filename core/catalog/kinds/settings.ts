import { defaultSettings, SettingsSchema } from '../settings.ts';
import type { DefinitionKind } from './kind.ts';

/** One for all, under the id `live`, by its own route `/v1/settings`. */
export const SETTINGS_ID = 'live';

export const settings: DefinitionKind<'settings'> = {
  kind: 'settings',
  schema: SettingsSchema,
  live: true,
  check: () => ({ errors: [], warnings: [] }),
  references: () => [],
  apply: (rules, _id, now) => ({ ...rules, settings: now?.definition ?? defaultSettings() }),
};
