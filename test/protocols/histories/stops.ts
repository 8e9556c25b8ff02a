import type { Histories, Script } from '../script.ts';

/** For each kind of stop: a customer who comes to rest there, and what resolves it two hours later. */
const STOPS: Record<
  string,
  { journey: string; enter: (script: Script) => Script; resolve: (script: Script) => Script }
> = {
  wait: {
    journey: 'offer',
    enter: (script) => script.track('user', 'u', 0, 'Offered'),
    resolve: (script) => script,
  },
  'wait for an event': {
    journey: 'ask',
    enter: (script) => script.track('user', 'u', 0, 'Asked', { topic: 'a' }),
    resolve: (script) => script.track('user', 'u', 2, 'Replied'),
  },
  'wait for a tag': {
    journey: 'club',
    enter: (script) => script.track('user', 'u', 0, 'Applied'),
    resolve: (script) => script.tag('u', 2, 'vip'),
  },
  'wait for a click': {
    journey: 'poll',
    enter: (script) => script.track('user', 'u', 0, 'Polled'),
    resolve: (script) => script.call(2, { feedback: { node: 'first', receipt: 'clicked' } }),
  },
  task: {
    journey: 'service',
    enter: (script) => script.track('user', 'u', 0, 'Complained'),
    resolve: (script) => script.call(2, { complete: { node: 'call', outcome: 'reached' } }),
  },
  webhook: {
    journey: 'crm',
    enter: (script) => script.track('user', 'u', 2, 'Deal Won', { answer: 200 }),
    resolve: (script) => script,
  },
};

type Stop = (typeof STOPS)[string];
const leave = (script: Script, { journey }: Stop) =>
  script.track('user', 'u', 2, journey === 'crm' ? 'Deal Lost' : 'Hung Up');
const races = { races: 'concurrent', abort: 0, crowded: true } as const;

/** Every kind of stop, with everything that can end it at the instant of its end. */
export const stops: Histories = Object.fromEntries(
  Object.entries(STOPS).flatMap(([title, stop]): [string, Histories[string]][] => {
    const enter = (script: Script) => stop.enter(script.identify('u', 0, { city: 'Hefei' }));
    return [
      [
        `${title}: archived as it ends`,
        (script) => stop.resolve(enter(script)).call(2, { archive: stop.journey }).until(9, races),
      ],
      [`${title}: left as it ends`, (script) => leave(stop.resolve(enter(script)), stop).until(9, races)],
      [
        `${title}: left and archived as it ends`,
        (script) =>
          leave(stop.resolve(enter(script)), stop)
            .call(2, { archive: stop.journey })
            .until(9, races),
      ],
    ];
  }),
);
