import { CHANNELS, kindOf } from '../../channels/registry.ts';
import { canonicalJson } from '../../definitions/canonical.ts';
import type { Issue } from '../../definitions/definition.ts';
import { defaultSettings, type Settings, SettingsSchema } from '../../definitions/settings.ts';
import type { SecretReference } from '../../http/receiver.ts';
import { noWindow } from '../../journeys/unsupported.ts';
import type { DefinitionKind } from '../kind.ts';

/** There is one settings document, with the id `live` and its own route `/v1/settings`. */
export const SETTINGS_ID = 'live';

/**
 * Settings that the schema accepts but the workspace does not support yet: they are refused rather than ignored. `GET` returns the default
 * guardrails, so those are accepted.
 */
function notYet({ window, guardrails, floors, rates, brand }: Settings): Issue[] {
  const defaults = defaultSettings();
  const known = new Set(defaults.guardrails.map(canonicalJson));
  const later = (path: string, isUsed: boolean) => (isUsed ? [{ path, message: 'is not available yet' }] : []);
  return [
    ...noWindow('/window', window),
    ...later('/floors', canonicalJson(floors) !== canonicalJson(defaults.floors)),
    ...later('/rates', Object.keys(rates).length > 0),
    ...later('/brand', brand !== undefined),
    ...guardrails.flatMap((rail, index) =>
      known.has(canonicalJson(rail))
        ? []
        : [{ path: `/guardrails/${index}`, message: 'guardrails of your own are not available yet' }],
    ),
  ];
}

/** Secrets that channels' settings reference. */
const secretsOf = (settings: Settings): SecretReference[] =>
  CHANNELS.flatMap((channel) => kindOf(channel).secrets?.(settings) ?? []);

export const settings: DefinitionKind<'settings'> = {
  kind: 'settings',
  schema: SettingsSchema,
  live: true,
  check: (_id, definition, { hasSecret }) => ({
    errors: [
      ...notYet(definition),
      ...secretsOf(definition).flatMap(({ path, secret }) =>
        hasSecret(secret) ? [] : [{ path, message: `there is no secret ${secret}` }],
      ),
    ],
    warnings: [],
  }),
  references: () => [],
  secrets: (definition) => secretsOf(definition).map(({ secret }) => secret),
  apply: (rules, _id, now) => ({ ...rules, settings: now?.definition ?? defaultSettings() }),
};
