import { type History, track } from './history.ts';

/** Customers whose messages wait for the opening of a window. */
export const WINDOWS: History[] = [
  {
    id: 'quote-viewed',
    calls: (name) => [track('Quote Viewed', { quote_id: name })],
    journeys: ['quote-help'],
    expects: ['run quote-help offered', 'quote-help sent'],
  },
  {
    id: 'two-quotes',
    calls: (name) => [
      track('Quote Viewed', { quote_id: `${name}-1` }),
      track('Quote Viewed', { quote_id: `${name}-1` }),
      track('Quote Viewed', { quote_id: `${name}-2` }),
    ],
    journeys: ['quote-help'],
    expects: ['run quote-help offered', 'quote-help sent', 'run quote-help offered', 'quote-help sent'],
  },
  {
    id: 'news',
    traits: () => ({ industry: 'retail' }),
    calls: () => [track('News Wanted')],
    journeys: ['news'],
    expects: ['run news read', 'news sent', 'task news'],
  },
  {
    id: 'news-at-once',
    calls: () => [track('News Wanted'), track('News Read')],
    journeys: ['news'],
    // Where both events are known before the run comes to its send, there is no message.
    expects: [['run news answered', 'news suppressed exited'], ['run news answered']],
  },
  {
    id: 'news-answered',
    calls: () => [track('News Wanted')],
    hour: () => [track('News Read')],
    journeys: ['news'],
    expects: ['run news answered', 'news suppressed exited'],
  },
];
