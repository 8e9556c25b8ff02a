import { AT, example, simulated } from './simulation-harness.ts';

const S1 = example('journeys', 'new-customer');

export const s1 = (body: object = {}, options: object = {}) => simulated('new-customer', S1, body, options);

type Answer = Awaited<ReturnType<typeof s1>>;

/** One line an item: when, where, what. */
export const lines = ({ timeline }: Answer): string[] =>
  timeline.map(({ at, type, run: _run, ...fields }) => {
    const hours = (Date.parse(at) - AT) / 3600_000;
    const said = Object.values(fields).filter((value) => typeof value !== 'object');
    return `${hours}h ${[type, ...said].join(' ')}`;
  });

const TEMPLATES = {
  news: {
    class: 'marketing',
    topic: 'offers',
    content: { sms: { text: 'News {{ data.answer.about | default: "" }}' }, email: { subject: 'N', html: '<b>N</b>' } },
  },
};

export const journey = (nodes: object, more: object = {}) => ({
  name: 'J',
  owner: 'growth',
  entry: { api: true },
  start: Object.keys(nodes)[0],
  nodes,
  ...more,
});

export const run = (nodes: object, body: object = {}, more: object = {}) =>
  simulated('j', journey(nodes, more), body, { templates: TEMPLATES });
