import { CHANNELS, kindOf } from '../../channels/registry.ts';
import { canonicalJson } from '../../definitions/canonical.ts';
import type { Issue } from '../../definitions/definition.ts';
import { defaultSettings, type Settings, SettingsSchema } from '../../definitions/settings.ts';
import type { SecretReference } from '../../http/receiver.ts';
import { pointer } from '../../json-pointer.ts';
import { channelsWith } from '../../metrics/cohorts.ts';
import { canonicalLocale } from '../../templates/locale.ts';
import type { CheckView, DefinitionKind } from '../kind.ts';
import { closedJourneys, templatesToClose } from './closed-journeys.ts';
import { calendarIn } from './journey-references.ts';
import { checkSettingsWindows, uncoveredYears } from './windows.ts';

/** There is one settings document, with the id `live` and its own route `/v1/settings`. */
export const SETTINGS_ID = 'live';

const unknownCalendar = ({ window }: Settings, view: CheckView): Issue[] =>
  (window === 'none' ? [] : calendarIn(window))
    .filter((calendar) => !view.has(calendar))
    .map(({ id }) => ({ path: '/window/calendar', message: `there is no calendar ${id}` }));

/** Texts that no customer's locale can ever match, and names that cannot be told apart. */
function localeFaults({ locale, topics }: Settings): Issue[] {
  const ofSettings = canonicalLocale(locale) === undefined ? [{ path: '/locale', message: A_LOCALE }] : [];
  const ofNames = topics.flatMap((topic, index) => {
    const names = Object.keys(typeof topic === 'string' ? {} : topic.names);
    const known = names.map(canonicalLocale);
    return known.flatMap((one, at): Issue[] => {
      const path = pointer(['topics', index, 'names', names[at] ?? '']);
      if (one === undefined) return [{ path, message: A_LOCALE }];
      const first = known.indexOf(one);
      return first < at ? [{ path, message: `is the same locale as ${names[first]}` }] : [];
    });
  });
  return [...ofSettings, ...ofNames];
}
const A_LOCALE = 'must be a locale, such as "en" or "zh-TW"';

/** A guardrail that watches nothing, or is there twice. */
function guardrailFaults({ guardrails, channels }: Settings): { errors: Issue[]; warnings: Issue[] } {
  const texts = guardrails.map(canonicalJson);
  const errors = texts.flatMap((text, index) =>
    texts.indexOf(text) < index ? [{ path: `/guardrails/${index}`, message: 'is there twice' }] : [],
  );
  // Nobody who has written no rule asked for those of the default.
  const defaults = defaultSettings().guardrails.map(canonicalJson);
  const warnings = guardrails.flatMap(({ metric }, index) => {
    if (defaults.includes(texts[index] ?? '')) return [];
    const reporting = channelsWith(metric);
    const silent = channels.filter((channel) => !reporting.includes(channel));
    const message = `${silent.join(' and ')} cannot report it: it counts only messages on ${reporting.join(', ')}`;
    return silent.length === 0 ? [] : [{ path: `/guardrails/${index}/metric`, message }];
  });
  return { errors, warnings };
}

/** Nobody opens what a channel cannot report as opened. */
const fatigueFaults = ({ fatigue }: Settings): Issue[] =>
  fatigue.flatMap(({ channel }, index) =>
    channelsWith('open').includes(channel)
      ? []
      : [{ path: `/fatigue/${index}/channel`, message: `${channel} reports no opens: nobody is ever tired of it` }],
  );

/** Traits that hold an address, which no report may show. */
const ADDRESSES = new Set(
  CHANNELS.flatMap((channel) => {
    const { address } = kindOf(channel);
    return address === undefined || !('trait' in address) ? [] : [address.trait];
  }),
);

const reportTraitFaults = ({ reportTraits }: Settings): Issue[] =>
  reportTraits.flatMap((trait, index) => {
    const path = `/reportTraits/${index}`;
    if (ADDRESSES.has(trait)) return [{ path, message: 'is an address, which no report may show' }];
    return reportTraits.indexOf(trait) < index ? [{ path, message: `${trait} is there twice` }] : [];
  });

/** Secrets that channels' settings reference. */
const secretsOf = (settings: Settings): SecretReference[] =>
  CHANNELS.flatMap((channel) => kindOf(channel).secrets?.(settings) ?? []);

export const settings: DefinitionKind<'settings'> = {
  kind: 'settings',
  schema: SettingsSchema,
  live: true,
  check: (_id, definition, view) => ({
    errors: [
      ...localeFaults(definition),
      ...unknownCalendar(definition, view),
      ...checkSettingsWindows(definition, view),
      ...closedJourneys(definition, view).errors,
      ...guardrailFaults(definition).errors,
      ...fatigueFaults(definition),
      ...reportTraitFaults(definition),
      ...secretsOf(definition).flatMap(({ path, secret }) =>
        view.hasSecret(secret) ? [] : [{ path, message: `there is no secret ${secret}` }],
      ),
    ],
    warnings: [
      ...guardrailFaults(definition).warnings,
      ...closedJourneys(definition, view).warnings,
      ...uncoveredYears(definition.window === 'none' ? [] : [{ path: '/window', window: definition.window }], view),
    ],
  }),
  asks: templatesToClose,
  references: ({ window }) => (window === 'none' ? [] : calendarIn(window)),
  secrets: (definition) => secretsOf(definition).map(({ secret }) => secret),
  apply: (rules, _id, now) => ({ ...rules, settings: now?.definition ?? defaultSettings() }),
};
