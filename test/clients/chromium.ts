import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The browser of this machine; undefined: there is none. */
export const executablePath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** Takes the place of the tests that need it. */
export const withoutChromium = (): void =>
  it('There is no Chromium here (apt-get install chromium): the browser is not tried, which fails in CI', () => {
    expect(process.env.CI).toBeUndefined();
  });
