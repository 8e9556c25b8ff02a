import { createWrapper } from '@segment/analytics-consent-tools';
import { AnalyticsBrowser } from '@segment/analytics-next';
import type { Call, Workload } from './calls.ts';

/** Script of the page: a shop with Segment's browser SDK and its consent wrapper, as their READMEs show it, and a consent dialog. */

type Categories = Record<string, boolean>;
let categories: Categories = {};
const listeners: ((categories: Categories) => void)[] = [];
const givenUp: string[] = [];
let analytics: AnalyticsBrowser;

const withConsent = createWrapper({
  shouldLoadSegment: (context) => context.load({ consentModel: 'opt-in' }),
  getCategories: () => categories,
  registerOnConsentChanged: (onChange) => void listeners.push(onChange),
});

async function load(writeKey: string, cdnURL: string, chosen: Categories): Promise<void> {
  categories = chosen;
  analytics = new AnalyticsBrowser();
  withConsent(analytics).load({ writeKey, cdnURL });
  await analytics.ready();
  analytics.on('error', ({ reason }) => givenUp.push(String(reason)));
}

/** The customer saves the dialog. */
function choose(chosen: Categories): void {
  categories = chosen;
  for (const listener of listeners) listener(chosen);
}

function say({ type, userId, anonymousId, previousId, ...call }: Call): void {
  const options = { ...(userId && { userId }), ...(anonymousId && { anonymousId }), context: call.context };
  switch (type) {
    case 'identify':
      return void analytics.identify(userId, call.traits, options);
    case 'track':
      return void analytics.track(call.event ?? '', call.properties, options);
    case 'page':
      return void analytics.page(call.category, call.name, call.properties, options);
    case 'screen':
      return void analytics.screen(call.category, call.name, call.properties, options);
    case 'group':
      return void analytics.group(call.groupId, call.traits, options);
    case 'alias':
      return void analytics.alias(userId ?? '', previousId);
  }
}

/** The calls of one customer after the other: a page has one. */
async function send({ rounds }: Pick<Workload, 'rounds'>, pauseMs: number): Promise<void> {
  for (const round of rounds) {
    for (const call of round) say(call);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

const anonymousId = async (): Promise<unknown> => (await analytics.user()).anonymousId();
const reset = (): void => void analytics.reset();

export interface Shop {
  load: typeof load;
  choose: typeof choose;
  send: typeof send;
  anonymousId: typeof anonymousId;
  reset: typeof reset;
  givenUp: string[];
}
Object.assign(globalThis, { shop: { load, choose, send, anonymousId, reset, givenUp } satisfies Shop });
