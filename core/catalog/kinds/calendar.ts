import { CalendarSchema } from '../../policies/calendar.ts';
import type { DefinitionKind } from '../kind.ts';

export const calendars: DefinitionKind<'calendars'> = {
  kind: 'calendars',
  schema: CalendarSchema,
  live: true,
  check: () => ({ errors: [], warnings: [] }),
  references: () => [],
  apply(rules, id, now) {
    const { [id]: _was, ...others } = rules.calendars ?? {};
    const calendars = now === undefined ? others : { ...others, [id]: now.definition };
    return { ...rules, calendars: Object.keys(calendars).length === 0 ? undefined : calendars };
  },
};
