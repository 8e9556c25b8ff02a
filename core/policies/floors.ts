import type { Channel } from '../channels/registry.ts';
import type { Settings } from '../definitions/settings.ts';
import type { Hours } from '../definitions/window.ts';

/** Hours outside which nothing marketing goes to that country by that channel. */
export const floorsOf = ({ floors }: Pick<Settings, 'floors'>, channel: Channel, country: string): Hours[] =>
  floors.filter((floor) => floor.channel === channel && floor.country === country).map(({ hours }) => hours);
