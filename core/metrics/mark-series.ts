/** Messages of one series, whose marks share one item: so many of them take less than a kilobyte. */
export const SERIES_LENGTH = 64;
export const messageIdOf = (series: string, number: number): string => `${series}#${number}`;

/** Returns where a message is marked. An id without a number is a series of its own. */
export function placeOf(id: string): { series: string; number: number } {
  const [series = id, number = '0'] = id.split('#');
  return { series, number: Number(number) };
}
