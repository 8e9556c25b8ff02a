import { type History, Script } from '../script.ts';
import { byHand } from './by-hand.ts';
import { channels } from './channels.ts';
import { deadlines } from './deadlines.ts';
import { merges } from './merges.ts';
import { migrations } from './migrations.ts';
import { movedDates } from './moved-dates.ts';
import { pauses } from './pauses.ts';
import { changes } from './rules.ts';
import { stops } from './stops.ts';
import { visits } from './visits.ts';
import { windows } from './windows.ts';

const histories = {
  ...visits,
  ...merges,
  ...deadlines,
  ...pauses,
  ...channels,
  ...stops,
  ...changes,
  ...byHand,
  ...movedDates,
  ...migrations,
  ...windows,
};

/** All histories by title; each run has a name of its own. */
export const HISTORIES: Record<string, (name: string) => History> = Object.fromEntries(
  Object.entries(histories).map(([title, history]) => [title, (name: string) => history(new Script(name))]),
);
