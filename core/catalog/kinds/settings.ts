import { canonicalJson } from '../../definitions/canonical.ts';
import type { Issue } from '../../definitions/definition.ts';
import { defaultSettings, type Settings, SettingsSchema } from '../../definitions/settings.ts';
import { noWindow } from '../../journeys/unsupported.ts';
import type { DefinitionKind } from '../kind.ts';

/** There is one settings document, with the id `live` and its own route `/v1/settings`. */
export const SETTINGS_ID = 'live';

/**
 * Settings that the schema accepts but the workspace does not support yet: they are refused rather than ignored. `GET` returns the default
 * guardrails, so those are accepted.
 */
function notYet({ window, guardrails }: Settings): Issue[] {
  const known = new Set(defaultSettings().guardrails.map(canonicalJson));
  return [
    ...noWindow('/window', window),
    ...guardrails.flatMap((rail, index) =>
      known.has(canonicalJson(rail))
        ? []
        : [{ path: `/guardrails/${index}`, message: 'guardrails of your own are not available yet' }],
    ),
  ];
}

export const settings: DefinitionKind<'settings'> = {
  kind: 'settings',
  schema: SettingsSchema,
  live: true,
  check: (_id, definition) => ({ errors: notYet(definition), warnings: [] }),
  references: () => [],
  apply: (rules, _id, now) => ({ ...rules, settings: now?.definition ?? defaultSettings() }),
};
