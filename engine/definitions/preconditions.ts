import { DomainError } from '../errors.ts';

type Headers = Record<string, string | undefined>;

/** Strong entity tag of a definition's present state: changes with every version and every lifecycle step. */
export const etagOf = (rev: number): string => `"${rev}"`;

/**
 * RFC 9110 13.1: throws a 412 if `If-Match` is stale or `If-None-Match` matches. `etag` undefined: there is nothing yet. `If-Match` compares
 * strongly: a weak tag (`W/"3"`, into which proxies change ours) matches nothing.
 */
export function requirePreconditions(headers: Headers, etag: string | undefined): void {
  const match = headers['if-match'];
  if (match !== undefined && !tagsOf(match).some((one) => names(one, etag)))
    throw changed('It is not what If-Match says any more.');
  const none = headers['if-none-match'];
  if (none !== undefined && namesWeakly(none, etag)) throw changed('It is there already.');
}

/** Whether a GET's `If-None-Match` matches, so that the answer is 304. */
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
