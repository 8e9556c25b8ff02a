import { DomainError } from '../errors.ts';

type Headers = Record<string, string | undefined>;

/** Strong entity tag of what a definition is now: moves with every version and every step of its lifecycle. */
export const etagOf = (rev: number): string => `"${rev}"`;

/**
 * RFC 9110 13.1: 412 where `If-Match` is stale or `If-None-Match` names what is there. `etag` undefined: there is nothing yet. `If-Match` compares
 * strongly: a weak tag (`W/"3"`, as proxies make of ours) names nothing that can be replaced.
 */
export function requirePreconditions(headers: Headers, etag: string | undefined): void {
  const match = headers['if-match'];
  if (match !== undefined && !tagsOf(match).some((one) => names(one, etag)))
    throw changed('It is not what If-Match says any more.');
  const none = headers['if-none-match'];
  if (none !== undefined && namesWeakly(none, etag)) throw changed('It is there already.');
}

/** A GET whose `If-None-Match` names what the client has: 304. */
export const isUnchanged = (headers: Headers, etag: string): boolean => {
  const none = headers['if-none-match'];
  return none !== undefined && namesWeakly(none, etag);
};

const tagsOf = (header: string): string[] => header.split(',').map((one) => one.trim());

const names = (one: string, etag: string | undefined): boolean => etag !== undefined && (one === '*' || one === etag);

/** `If-None-Match` compares weakly. */
const namesWeakly = (header: string, etag: string | undefined): boolean =>
  tagsOf(header).some((one) => names(one.replace(/^W\//, ''), etag));

const changed = (detail: string): DomainError => new DomainError({ code: 'precondition', detail });
