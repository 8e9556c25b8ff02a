import { createHmac, timingSafeEqual } from 'node:crypto';

const SIGNATURE_CHARACTERS = 22;

/** Cursors as clients get them: `<cursor>.<signature>`. Only our own cursors are accepted as positions in a table. */
export interface Cursors {
  sign(cursor: string): Promise<string>;
  /** The cursor that we signed; undefined for anything else. */
  open(signed: string): Promise<string | undefined>;
}

/** The purpose is signed too: a link's token is never valid as a cursor, nor the other way round. */
export function signedCursors(secret: () => Promise<string>): Cursors {
  const signatureOf = async (cursor: string) =>
    createHmac('sha256', await secret())
      .update(`cursor:${cursor}`)
      .digest('base64url')
      .slice(0, SIGNATURE_CHARACTERS);

  return {
    sign: async (cursor) => `${cursor}.${await signatureOf(cursor)}`,
    async open(signed) {
      const [cursor, signature, ...rest] = signed.split('.');
      if (cursor === undefined || signature === undefined || rest.length > 0) return undefined;
      const [given, right] = [Buffer.from(signature), Buffer.from(await signatureOf(cursor))];
      return given.length === right.length && timingSafeEqual(given, right) ? cursor : undefined;
    },
  };
}
