import { liftOf } from '../../../core/results/lift.ts';
import { seeded } from '../campaigns/statistics/seeded.ts';

const LOOKS = 20;

/**
 * Campaigns of so many people, each looked at 20 times. `missed`: in how many an interval did not hold the true difference at some look; `clear`: in how
 * many the last look found a difference.
 */
export function peekedAt({
  campaigns,
  rates: [held, sentTo],
  holdout,
  people,
}: {
  campaigns: number;
  rates: readonly [holdout: number, treated: number];
  holdout: number;
  people: number;
}): { missed: number; clear: number } {
  const random = seeded(15);
  const found = { missed: 0, clear: 0 };
  for (let campaign = 0; campaign < campaigns; campaign += 1) {
    const [treated, control] = [
      { n: 0, converted: 0 },
      { n: 0, converted: 0 },
    ];
    let isMissed = false;
    let isClear = false;
    for (let person = 1; person <= people; person += 1) {
      const isHeld = random() < holdout;
      const arm = isHeld ? control : treated;
      arm.n += 1;
      if (random() < (isHeld ? held : sentTo)) arm.converted += 1;
      if (person % Math.floor(people / LOOKS) !== 0) continue;
      const lift = liftOf(treated, control);
      if (lift === undefined) continue;
      const [low, high] = lift.interval;
      isMissed ||= low > sentTo - held || high < sentTo - held;
      isClear = lift.verdict !== 'not yet clear';
    }
    found.missed += Number(isMissed) / campaigns;
    found.clear += Number(isClear) / campaigns;
  }
  return found;
}
