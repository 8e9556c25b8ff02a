import { seeded } from './faults.ts';
import { type History, Script } from './script.ts';

/** Customers whose messages wait for windows, and who answer, opt out and come again while a person pauses channel and journey. */
export function randomWindows(seed: number): History {
  const random = seeded(seed);
  const script = new Script(`windows-${seed}`);
  const hours = (most: number) => Math.round(random() * most * 60) / 60;
  for (const id of ['ann', 'ben', 'cem'].slice(0, 1 + Math.floor(random() * 3))) {
    const came = hours(8);
    script.identify(id, came).track('user', id, came, random() < 0.7 ? 'Called' : 'Hurried Past');
    if (random() < 0.3) script.track('user', id, came + hours(30), 'Answered');
    if (random() < 0.3) script.refuse(id, came + hours(30));
  }
  if (random() < 0.4) {
    const paused = hours(30);
    script.holdPush(paused, paused + hours(6));
  }
  if (random() < 0.3) {
    const paused = hours(30);
    script.call(paused, { pause: 'office' }).call(paused + hours(6), { resume: 'office' });
  }
  if (random() < 0.1) script.call(hours(30), { archive: 'office' });
  return script.until(100);
}
