import { CHANNELS, kindOf } from '../../channels/registry.ts';
import { canonicalJson } from '../../definitions/canonical.ts';
import type { Issue } from '../../definitions/definition.ts';
import { defaultSettings, type Settings, SettingsSchema } from '../../definitions/settings.ts';
import type { SecretReference } from '../../http/receiver.ts';
import type { CheckView, DefinitionKind } from '../kind.ts';
import { calendarIn } from './journey-references.ts';
import { checkHoursOf } from './windows.ts';

/** There is one settings document, with the id `live` and its own route `/v1/settings`. */
export const SETTINGS_ID = 'live';

/**
 * Settings that the schema accepts but the workspace does not support yet: they are refused rather than ignored. `GET` returns the default
 * guardrails, so those are accepted.
 */
function notYet({ guardrails, rates }: Settings): Issue[] {
  const defaults = defaultSettings();
  const known = new Set(defaults.guardrails.map(canonicalJson));
  const later = (path: string, isUsed: boolean) => (isUsed ? [{ path, message: 'is not available yet' }] : []);
  return [
    ...later('/rates', Object.keys(rates).length > 0),
    ...guardrails.flatMap((rail, index) =>
      known.has(canonicalJson(rail))
        ? []
        : [{ path: `/guardrails/${index}`, message: 'guardrails of your own are not available yet' }],
    ),
  ];
}

const unknownCalendar = ({ window }: Settings, view: CheckView): Issue[] =>
  (window === 'none' ? [] : calendarIn(window))
    .filter((calendar) => !view.has(calendar))
    .map(({ id }) => ({ path: '/window/calendar', message: `there is no calendar ${id}` }));

/** Secrets that channels' settings reference. */
const secretsOf = (settings: Settings): SecretReference[] =>
  CHANNELS.flatMap((channel) => kindOf(channel).secrets?.(settings) ?? []);

export const settings: DefinitionKind<'settings'> = {
  kind: 'settings',
  schema: SettingsSchema,
  live: true,
  check: (_id, definition, view) => ({
    errors: [
      ...notYet(definition),
      ...unknownCalendar(definition, view),
      ...checkHoursOf(definition, view),
      ...secretsOf(definition).flatMap(({ path, secret }) =>
        view.hasSecret(secret) ? [] : [{ path, message: `there is no secret ${secret}` }],
      ),
    ],
    warnings: [],
  }),
  references: ({ window }) => (window === 'none' ? [] : calendarIn(window)),
  secrets: (definition) => secretsOf(definition).map(({ secret }) => secret),
  apply: (rules, _id, now) => ({ ...rules, settings: now?.definition ?? defaultSettings() }),
};
