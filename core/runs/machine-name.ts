/** Name of the machine of a journey's version (≤ 80 characters); later legs start the resume variant, whose name ends in `r`. */
export const machineName = (prefix: string, journey: string, version: number, leg: number): string =>
  `${prefix}-${journey}-v${version}${leg > 1 ? 'r' : ''}`;
