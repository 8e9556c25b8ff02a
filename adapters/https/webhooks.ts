import type { Webhooks } from '../../engine/runs/ports.ts';
import { RequestError, type SignedRequestOptions, signedRequests } from './signed-requests.ts';

/** Calls what the `webhook` nodes of journeys name. Any other answer than the receiver's is status 0. */
export function webhooks(options: SignedRequestOptions): Webhooks {
  const send = signedRequests(options);
  return {
    async call(request) {
      try {
        return await send(request);
      } catch (error) {
        if (error instanceof RequestError) return { status: 0, body: error.message };
        throw error;
      }
    },
  };
}
