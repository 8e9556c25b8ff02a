import type { Utm } from '../definitions/utm.ts';

/** Returns the URL with the parameters that it does not have; its other parts stay as they are, since they may be signed. */
export function withUtm(url: string, utm: Utm): string {
  const present = new URL(url).searchParams;
  const missing = Object.entries(utm).flatMap(([name, value]) =>
    value === undefined || present.has(`utm_${name}`) ? [] : [`utm_${name}=${encodeURIComponent(value)}`],
  );
  if (missing.length === 0) return url;
  const [, before = '', fragment = ''] = /^([^#]*)(.*)$/s.exec(url) ?? [];
  const joint = !before.includes('?') ? '?' : /[?&]$/.test(before) ? '' : '&';
  return before + joint + missing.join('&') + fragment;
}
