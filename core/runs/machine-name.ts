import type { Run } from './run.ts';

/** Name of the machine of a journey's version (≤ 80 characters); later legs start the resume variant, whose name ends in `r`. */
export const machineName = (prefix: string, journey: string, version: number, leg: number): string =>
  `${prefix}-${journey}-v${version}${leg > 1 ? 'r' : ''}`;

/** CloudWatch metric: versions of journeys whose machines were removed, because nobody needed them any more. */
export const MACHINES_REMOVED = 'MachinesRemoved';

/** The machine of a run's leg. A test uses the resume variant alone: that one takes every time-out from its input, so that rests may be short. */
export const machineOfLeg = (
  prefix: string,
  { journey, version, test }: Pick<Run, 'journey' | 'version' | 'test'>,
  leg: number,
): string => machineName(prefix, journey, version, test === undefined ? leg : Math.max(leg, 2));
