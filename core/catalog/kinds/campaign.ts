import { checkShape } from '../../campaigns/checks.ts';
import { type Campaign, CampaignSchema, templatesOf } from '../../campaigns/schema.ts';
import { placedWindowsOf } from '../../campaigns/windows.ts';
import type { Condition } from '../../conditions/schema.ts';
import type { Issue, Reference } from '../../definitions/definition.ts';
import { topicIds } from '../../definitions/settings.ts';
import { eventOfGoal, placedInGoal } from '../../goals/reach.ts';
import { type CheckView, type DefinitionKind, replaceById, unknownReferences } from '../kind.ts';
import { unknownTopic } from '../unknown-topics.ts';
import { oneCustomersFigure } from './goal.ts';
import { calendarIn } from './journey-references.ts';
import { referencesOfCondition } from './rule.ts';
import { uncoveredYears } from './windows.ts';

const NO_PINS = { templates: {}, journeys: {} };

/** Each definition that a campaign names, with the place where it does. */
export function placedReferences(campaign: Campaign): { path: string; reference: Reference }[] {
  const { audience, exclude, template, variants = [] } = campaign;
  const placed = (path: string, ...all: Reference[]) => all.map((reference) => ({ path, reference }));
  const ofCondition = (path: string, condition: Condition | undefined) =>
    placed(path, ...referencesOfCondition(condition));
  const ofTemplate = (path: string, id: string | undefined) =>
    id === undefined ? [] : placed(path, { kind: 'templates', id });
  return [
    ...('list' in audience
      ? placed('/audience/list', { kind: 'lists', id: audience.list })
      : ofCondition('/audience', audience)),
    ...ofCondition('/exclude', exclude),
    ...ofTemplate('/template', template),
    ...variants.flatMap((variant, index) => [
      ...ofTemplate(`/variants/${index}/template`, variant.template),
      ...ofCondition(`/variants/${index}/if`, variant.if),
    ]),
    ...placedInGoal(campaign.goal),
    ...placedWindowsOf(campaign).flatMap(({ path, window }) => placed(`${path}/calendar`, ...calendarIn(window))),
  ];
}

const topicsOf = ({ caps = [] }: Campaign, { live }: CheckView): Issue[] =>
  caps.flatMap((cap, index) => unknownTopic(`/caps/${index}/topic`, cap.topic, topicIds(live.settings)));

const templateWarningsOf = (campaign: Campaign, view: CheckView): Issue[] =>
  templatesOf(campaign).flatMap((id) =>
    [...new Set(view.templateWarnings(id))].map((message) => ({ path: pathOf(campaign, id), message })),
  );

const pathOf = ({ variants = [] }: Campaign, template: string): string => {
  const index = variants.findIndex((variant) => variant.template === template);
  return index < 0 ? '/template' : `/variants/${index}/template`;
};

/** Whom no variant is for. */
const uncovered = ({ template, variants }: Campaign): Issue[] =>
  template === undefined && variants?.every((variant) => variant.if !== undefined) === true
    ? [
        {
          path: '/variants',
          message:
            'whoever no `if` is true of gets nothing: a variant without `if`, or a `template` beside the variants, would be for them',
        },
      ]
    : [];

/** A campaign takes effect by its lifecycle: `submit` checks what it names and pins it, `publish` arms it. */
export const campaigns: DefinitionKind<'campaigns'> = {
  kind: 'campaigns',
  schema: CampaignSchema,
  live: false,
  check: (_id, definition, view) => ({
    errors: [...checkShape(definition), ...oneCustomersFigure(definition.goal, view, '/goal')],
    warnings: [
      ...placedReferences(definition).flatMap(({ path, reference }) => unknownReferences([reference], view, path)),
      ...topicsOf(definition, view),
      ...templateWarningsOf(definition, view),
      ...uncovered(definition),
      ...uncoveredYears(placedWindowsOf(definition), view),
    ],
  }),
  references: (definition) => [
    ...new Map(
      placedReferences(definition).map(({ reference }) => [`${reference.kind}/${reference.id}`, reference]),
    ).values(),
  ],
  events: ({ goal }) => [eventOfGoal(goal) ?? []].flat(),
  apply(rules, id, now, { archivedUpTo }) {
    const live = now && { id, version: now.version, definition: now.definition, pins: now.pins ?? NO_PINS };
    const all = replaceById(rules.campaigns ?? [], id, live);
    const { [id]: _was, ...others } = rules.archivedCampaigns ?? {};
    const archived = archivedUpTo === undefined ? others : { ...others, [id]: archivedUpTo };
    return {
      ...rules,
      campaigns: all.length === 0 ? undefined : all,
      archivedCampaigns: Object.keys(archived).length === 0 ? undefined : archived,
    };
  },
};
