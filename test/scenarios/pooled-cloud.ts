import { inject } from 'vitest';
import { Cairn } from './cairn.ts';

declare module 'vitest' {
  interface ProvidedContext {
    cloudPool: string;
  }
}

async function ask(path: string, body?: string): Promise<string> {
  const response = await fetch(`${inject('cloudPool')}${path}`, { method: 'POST', body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${text}`);
  return text;
}

/** Returns a cloud that is like new, at 2026-11-02T01:00Z, for files that need no flags of their own. It must be released. */
export const acquireCairn = async (): Promise<Cairn> => Cairn.at(await ask('/lend'));

export const releaseCairn = async (cairn: Cairn): Promise<void> => void (await ask('/give-back', cairn.url));
