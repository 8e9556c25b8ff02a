import { it } from 'vitest';
import { checkHistory, cleanOutcomesOf } from './check-history.ts';

/** Histories and seeds that once ended otherwise than a clean run. */
const FOUND: [title: string, seed: number, what: string][] = [
  [
    'a letter that was refused is sent again',
    1008,
    'a late refusal gives back the slot of a message that was sent again',
  ],
  ['two newcomers of whom neither redeems', 1008, 'a draw whose answer is lost finds a full pool empty'],
];

it.each(FOUND)('%s, by seed %i: no longer %s', async (title, seed) => {
  await checkHistory(title, seed, await cleanOutcomesOf(title));
});
