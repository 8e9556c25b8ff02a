import { CHANNELS } from '../channels/registry.ts';

const KEY = new RegExp(`^(${CHANNELS.join('|')})(:[^:]{1,64})?$`);

/** A channel, or `channel:topic`. */
export const isConsentKey = (key: string): boolean => KEY.test(key);
