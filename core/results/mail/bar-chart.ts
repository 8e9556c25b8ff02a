export interface Bar {
  label: string;
  /** The whole bar, and the part of it that is drawn darker. */
  value: number;
  part: number;
}

const WIDTH = 560;
const HEIGHT = 120;
const GAP_SHARE = 0.25;
const COLORS = { value: '#9db8e8', part: '#2f5fb3', text: '#666666' };

/** An SVG of bars, with nothing outside it. `title` is what a screen reader says. `escapeHtml` escapes texts. */
export function barChart(bars: readonly Bar[], title: string, escapeHtml: (text: string) => string): string {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const step = WIDTH / Math.max(1, bars.length);
  const height = (value: number): number => Math.round((value / most) * HEIGHT * 10) / 10;
  const rect = (index: number, value: number, color: string): string =>
    `<rect x="${round(index * step + (step * GAP_SHARE) / 2)}" y="${round(HEIGHT - height(value))}" width="${round(step * (1 - GAP_SHARE))}" height="${height(value)}" fill="${color}"/>`;
  const drawn = bars.map(
    ({ label, value, part }, index) =>
      `<g><title>${escapeHtml(label)}: ${value}</title>${rect(index, value, COLORS.value)}${rect(index, Math.min(part, value), COLORS.part)}</g>`,
  );
  const [first, last] = [bars[0]?.label ?? '', bars.length > 1 ? (bars.at(-1)?.label ?? '') : ''];
  const text = (x: number, anchor: string, label: string): string =>
    `<text x="${x}" y="${HEIGHT + 16}" text-anchor="${anchor}" font-size="11" font-family="Arial,sans-serif" fill="${COLORS.text}">${escapeHtml(label)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeHtml(title)}" viewBox="0 0 ${WIDTH} ${HEIGHT + 20}" width="100%">${drawn.join('')}${text(0, 'start', first)}${text(WIDTH, 'end', last)}</svg>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
