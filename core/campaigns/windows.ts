import type { PlacedWindow } from '../journeys/windows.ts';
import type { Campaign } from './schema.ts';

/** Each window of a campaign and of its variants that is not always open, with its place. */
export const placedWindowsOf = ({ window, variants = [] }: Pick<Campaign, 'window' | 'variants'>): PlacedWindow[] => [
  ...placed('/window', window),
  ...variants.flatMap((variant, index) => placed(`/variants/${index}/window`, variant.window)),
];

const placed = (path: string, window: Campaign['window']): PlacedWindow[] =>
  window === undefined || window === 'none' ? [] : [{ path, window }];
