import { canonicalJson } from '../../definitions/canonical.ts';
import type { Issue } from '../../definitions/definition.ts';
import { defaultSettings, type Settings, SettingsSchema } from '../../definitions/settings.ts';
import { noWindow } from '../../journeys/unsupported.ts';
import type { DefinitionKind } from '../kind.ts';

/** One for all, under the id `live`, by its own route `/v1/settings`. */
export const SETTINGS_ID = 'live';

/** What the language has and the workspace cannot do yet: better refused than forgotten. The default guardrails are what `GET` gives. */
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
