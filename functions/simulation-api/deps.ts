import type { HttpDeps, Parts } from '../../runtime/http/deps.ts';

/** What a simulation and a preview read; they write nothing. */
export type Deps = HttpDeps &
  Pick<Parts, 'definitions' | 'catalog' | 'eventNames' | 'imagine'> & {
    secrets: Pick<Parts['secrets'], 'has'>;
    coupons: Pick<Parts['coupons'], 'undrawn' | 'redeemed'>;
    profiles: Pick<
      Parts['profiles'],
      'home' | 'readActivity' | 'addressRecords' | 'readSends' | 'readEntered' | 'history' | 'olderIds'
    >;
    runs: Pick<Parts['runs'], 'get'>;
  };
