import { CalendarSchema } from '../../policies/calendar.ts';
import type { DefinitionKind } from '../kind.ts';

export const calendars: DefinitionKind<'calendars'> = {
  kind: 'calendars',
  schema: CalendarSchema,
  live: true,
  check: () => ({ errors: [], warnings: [] }),
  references: () => [],
};
