import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrast, paletteOf } from '../../../core/colours/contrast.ts';

const WHITE = '#ffffff';
const colors = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`);

describe('contrast', () => {
  it.each([
    ['#000000', WHITE, 21],
    [WHITE, '#FFFFFF', 1],
    // By WebAIM's contrast checker.
    ['#777777', WHITE, 4.48],
    ['#0b6bcb', WHITE, 5.31],
  ])('of %s and %s is %d', (one, other, expected) => {
    expect(contrast(one, other)).toBeCloseTo(expected, 1);
    expect(contrast(other, one)).toBeCloseTo(expected, 1);
  });
});

describe("a brand's palette", () => {
  it('can be read, whatever its colour', () => {
    fc.assert(
      fc.property(fc.option(colors, { nil: undefined }), (color) => {
        const { ink, accent, onAccent, link } = paletteOf(color);
        expect(contrast(ink, WHITE)).toBeGreaterThan(7);
        expect(contrast(accent, WHITE)).toBeGreaterThanOrEqual(3);
        expect(contrast(onAccent, accent)).toBeGreaterThanOrEqual(4.5);
        expect(contrast(link, WHITE)).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });

  it('keeps a colour that can be seen, and gives up one that cannot', () => {
    expect(paletteOf('#0b6bcb')).toMatchObject({ accent: '#0b6bcb', onAccent: WHITE, link: '#0b6bcb' });
    expect(paletteOf('#e8590c')).toMatchObject({ accent: '#e8590c', onAccent: '#000000' });
    expect(paletteOf('#ffd400').accent).not.toBe('#ffd400');
  });
});
