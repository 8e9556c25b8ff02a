import type { EmulatedProvider, ServiceRequest } from './outbox.ts';
import { pinpoint } from './pinpoint.ts';
import { ses } from './ses.ts';
import { endUserMessaging } from './sms.ts';

/** AWS services that send messages. */
const PROVIDERS: EmulatedProvider[] = [ses, endUserMessaging, pinpoint];

export const providerOf = (request: Omit<ServiceRequest, 'text'>): EmulatedProvider | undefined =>
  PROVIDERS.find(({ serves }) => serves(request));
