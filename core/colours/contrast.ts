/** Colours are texts such as `#0b6bcb`. Contrast is that of WCAG 2.2, from 1 (the same) to 21 (black on white). */

const WHITE = '#ffffff';
/** Text and controls where the brand's colour would be hard to see. */
const INK = '#1a1d21';
/** WCAG 1.4.3, text; 1.4.11, the outline of controls. */
const [TEXT_CONTRAST, SHAPE_CONTRAST] = [4.5, 3];

export function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((from) => {
    const share = Number.parseInt(color.slice(from, from + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** A brand's colour on a white page, as far as it can be read there. */
export interface Palette {
  ink: string;
  /** Where nothing has to be read. */
  brand: string;
  /** Colour of buttons and what is chosen. */
  accent: string;
  /** Text on it. */
  onAccent: string;
  /** Colour of links. */
  link: string;
}

export function paletteOf(color: string | undefined): Palette {
  const accent = color !== undefined && contrast(color, WHITE) >= SHAPE_CONTRAST ? color : INK;
  return {
    ink: INK,
    brand: color ?? INK,
    accent,
    // Where white cannot be read on a colour, black can.
    onAccent: contrast(accent, WHITE) >= TEXT_CONTRAST ? WHITE : '#000000',
    link: contrast(accent, WHITE) >= TEXT_CONTRAST ? accent : INK,
  };
}
