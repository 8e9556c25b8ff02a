import { contentHash } from '../definitions/canonical.ts';
import type { Head, Kind } from '../definitions/definition.ts';
import { CN } from '../policies/calendars/cn.ts';
import type { Definitions, Version } from './definitions.ts';

/** Definitions that are there before anybody has written them, as version 1. A PUT makes version 2; they cannot be deleted. By kind, then id. */
const BUILT_IN: { [K in Kind]?: Record<string, Definitions[K]> } = { calendars: { cn: CN } };

/** Shown as the instant of version 1: the beginning of the year that the calendar of China begins with. */
const WRITTEN_AT = Date.UTC(2026, 0, 1);

export function builtInVersion<K extends Kind>(kind: K, id: string): Version<K> | undefined {
  const ofKind: Record<string, Definitions[K]> = BUILT_IN[kind] ?? {};
  const definition = Object.hasOwn(ofKind, id) ? ofKind[id] : undefined;
  return definition === undefined ? undefined : { definition, author: 'cairn', at: WRITTEN_AT, warnings: [] };
}

/** Revision 0: the first that is stored is 1. */
export function builtInHead(kind: Kind, id: string): Head | undefined {
  const version = builtInVersion(kind, id);
  if (version === undefined) return undefined;
  return { rev: 0, latest: 1, published: 1, status: 'published', hash: contentHash(version.definition), authors: [] };
}

export const builtInIds = (kind: Kind): string[] => Object.keys(BUILT_IN[kind] ?? {}).sort();
