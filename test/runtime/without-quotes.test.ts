import { expect, it } from 'vitest';
import { poisonCause } from '../../runtime/handlers/poison.ts';
import { withoutQuotes } from '../../runtime/without-quotes.ts';

const ofAws = (message: string) =>
  Object.assign(new Error(message), { name: 'ValidationException', $metadata: { httpStatusCode: 400 } });

it.each([
  ["Value 'ann@example.com' at 'key' failed to satisfy constraint", 'Value … at … failed to satisfy constraint'],
  ['Invalid "name": `ann`', 'Invalid …: …'],
  ["cut off at 'ann@exam", 'cut off at …'],
  ['Rate exceeded', 'Rate exceeded'],
])('what AWS quotes is left out of %j', (message, safe) => {
  expect(withoutQuotes(ofAws(message))).toBe(safe);
  // Nor does it go to the dead-letter queue, whose causes the API lists.
  expect(poisonCause(ofAws(message))).toBe(`ValidationException: ${safe}`);
});

it('so is what is not JSON', () => {
  const error = (() => {
    try {
      return JSON.parse('ann@example.com');
    } catch (thrown) {
      return thrown as Error;
    }
  })() as Error;
  expect(error.message).toContain('ann@');
  expect(withoutQuotes(error)).not.toContain('ann@');
});

it('our own errors are whole', () => {
  expect(withoutQuotes(new Error("there is no queue 'events'"))).toBe("there is no queue 'events'");
});
