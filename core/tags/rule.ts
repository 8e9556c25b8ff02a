import type { TagDefinition } from './schema.ts';

/** A live tag or segment. */
export interface Rule {
  kind: 'tag' | 'segment';
  id: string;
  version: number;
  definition: TagDefinition;
}
