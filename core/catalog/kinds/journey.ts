import { longestCapMs } from '../../definitions/caps.ts';
import type { Issue } from '../../definitions/definition.ts';
import { topicIds } from '../../definitions/settings.ts';
import { placedCaps } from '../../journeys/caps.ts';
import { checkShape } from '../../journeys/check.ts';
import { missingCouponWarnings } from '../../journeys/check-coupons.ts';
import { existingAgainWarnings, unknownNameWarnings } from '../../journeys/check-names.ts';
import { beyondTimelineWarnings } from '../../journeys/check-timeline.ts';
import { eventsNamed } from '../../journeys/event-names.ts';
import { secretsOf } from '../../journeys/nodes/webhook.ts';
import { type Journey, JourneySchema } from '../../journeys/schema.ts';
import { pastScheduleWarnings } from '../../journeys/timed-entries.ts';
import { placedWindows } from '../../journeys/windows.ts';
import { DAY_MS } from '../../time/units.ts';
import { capHistoryMs } from '../cap-history.ts';
import { type CheckView, type DefinitionKind, replaceById } from '../kind.ts';
import { unknownTopic } from '../unknown-topics.ts';
import { oneCustomersFigure } from './goal.ts';
import { journeyReferences } from './journey-references.ts';
import { checkJourneyWindows, uncoveredYears } from './windows.ts';

const topicsOf = (journey: Journey, { live }: CheckView): Issue[] =>
  placedCaps(journey).flatMap(({ path, cap }) => unknownTopic(`${path}/topic`, cap.topic, topicIds(live.settings)));

/** A cap that looks further back than what is kept so far counts too little at first. */
function beyondHistory(journey: Journey, { live }: CheckView): Issue[] {
  const keptMs = capHistoryMs(live);
  return placedCaps(journey).flatMap(({ path, cap }) =>
    longestCapMs([cap]) > keptMs && 'within' in cap
      ? [
          {
            path: `${path}/within`,
            message: `messages of the last ${Math.floor(keptMs / DAY_MS)} days are known so far; the cap counts all ${cap.within} once it has been live for that long`,
          },
        ]
      : [],
  );
}

/** Each warning about a template once for each node that sends it. */
const templateWarningsOf = ({ nodes }: Journey, view: CheckView): Issue[] =>
  Object.entries(nodes).flatMap(([id, node]) =>
    node.type === 'send'
      ? [...new Set(view.templateWarnings(node.template))].map((message) => ({
          path: `/nodes/${id}/template`,
          message,
        }))
      : [],
  );

const NO_PINS = { templates: {}, journeys: {} };

/** A journey takes effect by its lifecycle: `submit` checks its references and sets its pins, `publish` makes it live. */
export const journeys: DefinitionKind<'journeys'> = {
  kind: 'journeys',
  schema: JourneySchema,
  live: false,
  check: (id, definition, view) => {
    const errors = [...checkShape(definition).errors, ...oneCustomersFigure(definition.goal, view, '/goal')];
    return {
      errors,
      warnings:
        errors.length > 0
          ? []
          : [
              ...unknownNameWarnings(definition, view),
              ...existingAgainWarnings(id, definition, view),
              ...pastScheduleWarnings(definition, view.now),
              ...missingCouponWarnings(definition, view),
              ...beyondTimelineWarnings(definition),
              ...topicsOf(definition, view),
              ...beyondHistory(definition, view),
              ...templateWarningsOf(definition, view),
              ...checkJourneyWindows(definition, view).warnings,
              ...uncoveredYears(placedWindows(definition), view),
            ],
    };
  },
  references: journeyReferences,
  secrets: (definition) =>
    Object.values(definition.nodes).flatMap((node) =>
      node.type === 'webhook' ? secretsOf(node).map(({ secret }) => secret) : [],
    ),
  events: (definition) => eventsNamed(definition).map(({ event }) => event),
  apply(rules, id, now, { archivedUpTo }) {
    const { [id]: _was, ...others } = rules.archived;
    const live = now && { id, version: now.version, definition: now.definition, pins: now.pins ?? NO_PINS };
    return {
      ...rules,
      journeys: replaceById(rules.journeys, id, live),
      archived: archivedUpTo === undefined ? others : { ...others, [id]: archivedUpTo },
    };
  },
};
