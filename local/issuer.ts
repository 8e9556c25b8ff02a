import { generateKeyPair, jwtVerify, SignJWT } from 'jose';
import type { Json } from './template.ts';

export interface Issuer {
  /** Creates a token, valid for ever or until that instant, epoch ms. */
  token(sub: string, roles: string[], expiresAt?: number): Promise<string>;
  /** Returns the claims as API Gateway's JWT authorizer passes them on; undefined: not authorized. */
  verify(authorization: string | undefined): Promise<Json | undefined>;
}

const ISSUER = 'http://127.0.0.1/local-issuer';
const AUDIENCE = 'local';

/** Emulates the identity provider. Its tokens do not expire by default, because the virtual clock may move by years. */
export async function startIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return {
    token(sub, roles, expiresAt) {
      const token = new SignJWT({ 'cognito:groups': roles })
        .setProtectedHeader({ alg: 'ES256', kid: 'local' })
        .setSubject(sub)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt();
      if (expiresAt !== undefined) token.setExpirationTime(new Date(expiresAt));
      return token.sign(privateKey);
    },
    async verify(authorization) {
      const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) return undefined;
      try {
        // The time is that of `Date`, which a virtual clock has set.
        const { payload } = await jwtVerify(token, publicKey, { issuer: ISSUER, audience: AUDIENCE });
        // The authorizer converts lists to strings: `[a b]`.
        return Object.fromEntries(
          Object.entries(payload).map(([name, value]) => [
            name,
            Array.isArray(value) ? `[${value.join(' ')}]` : String(value),
          ]),
        );
      } catch {
        return undefined;
      }
    },
  };
}
