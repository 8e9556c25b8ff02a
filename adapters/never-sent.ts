/** Node's error codes of a connection that was never made. */
const CODES = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
/** The SDK's message for the same: a connection's timeout, unlike a request's, has no code. */
const NO_CONNECTION = /did not establish a connection/;

/** Whether a call failed before its request left: nobody can have carried it out. */
export const wasNeverSent = (error: Error): boolean =>
  ('code' in error && CODES.has(String(error.code))) || NO_CONNECTION.test(error.message);
