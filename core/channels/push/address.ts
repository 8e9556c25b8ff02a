import { DAY_MS } from '../../time/units.ts';
import type { Address } from '../address.ts';

export const PLATFORMS = ['ios', 'android', 'huawei', 'baidu'] as const;

export interface PushAddress extends Address {
  platform: (typeof PLATFORMS)[number];
  /** When the token was last seen, epoch ms. */
  at: number;
}

/** Most tokens of one customer's devices; the newest stay. */
export const MAX_TOKENS = 10;

/** Adds the token, or moves it to the front; drops the oldest beyond ten. */
export function withToken(tokens: readonly PushAddress[] | undefined, token: PushAddress): PushAddress[] {
  const held = tokens?.find((one) => one.value === token.value);
  const others = (tokens ?? []).filter((one) => one.value !== token.value);
  const kept = held && held.at > token.at ? held : { ...token, status: held?.status ?? token.status };
  return [kept, ...others].sort((a, b) => b.at - a.at).slice(0, MAX_TOKENS);
}

/** Replaces a token by the provider's new value. */
export const withRenewed = (tokens: readonly PushAddress[], old: string, renewed: string): PushAddress[] =>
  tokens.some(({ value }) => value === old)
    ? tokens.flatMap((token) =>
        token.value === renewed ? [] : [token.value === old ? { ...token, value: renewed } : token],
      )
    : [...tokens];

/** The tokens of both profiles; the newest stay. */
export const mergedTokens = (into: PushAddress[], from: PushAddress[]): PushAddress[] =>
  from.reduce((tokens, token) => withToken(tokens, token), [...into]);

/** The tokens with that of `context.device`. A token that is seen again within the day is not worth a write. */
export function withDevice(
  held: PushAddress[] | undefined,
  context: Record<string, unknown> | undefined,
  at: number,
): PushAddress[] | undefined {
  const token = tokenOf(context?.device, at);
  const known = held?.find((one) => one.value === token?.value);
  if (token === undefined || (known !== undefined && token.at - known.at < DAY_MS)) return held;
  return withToken(held, token);
}

function tokenOf(device: unknown, at: number): PushAddress | undefined {
  if (typeof device !== 'object' || device === null) return undefined;
  const { type, token } = device as { type?: unknown; token?: unknown }; // any object may have them
  const platform = PLATFORMS.find((one) => one === (typeof type === 'string' ? type.toLowerCase() : undefined));
  return platform === undefined || typeof token !== 'string' || token === ''
    ? undefined
    : { value: token, platform, status: 'ok', at };
}
