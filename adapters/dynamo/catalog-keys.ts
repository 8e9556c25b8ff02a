import type { Kind } from '../../core/definitions/definition.ts';

/** Keys of Catalog's definitions, snapshots, pointer and write keys. */
export const definitionKey = (kind: Kind, id: string) => `${kind}#${id}`;
export const versionKey = (version: number) => `v${String(version).padStart(6, '0')}`;
export const SNAPSHOT = 'snapshot';
export const POINTER = { pk: 'pointer', sk: 'live' };
export const writeKeyKey = (hash: string) => ({ pk: `write-key#${hash}`, sk: 'KEY' });

/** Whether functions keep copies of items of this partition. */
export const isKept = (pk: string): boolean => pk === POINTER.pk || pk.startsWith('write-key#');

/** Parts of one snapshot carry its version and a nonce: two writers of one version never overwrite each other's parts. */
export const snapshotPartKey = (at: { version: number; nonce: string }, part: number) =>
  `${String(at.version).padStart(8, '0')}#${at.nonce}#${String(part).padStart(3, '0')}`;
