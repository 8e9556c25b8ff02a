import type { Settings } from '../definitions/settings.ts';

export type Money = Settings['money'];

/**
 * Digits after the point by ISO 4217 where they are not 2. `Intl` has those of CLDR, which differ: it knows no filler of the forint, and changes with
 * its version.
 * @see https://www.six-group.com/en/products-services/financial-information/data-standards.html
 */
const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0] as const),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3] as const),
  ...'CLF UYW'.split(' ').map((code) => [code, 4] as const),
]);

/** Currencies of ISO 4217, list one, and the offshore yuan. */
const CURRENCIES: ReadonlySet<string> = new Set(
  (
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF' +
    ' CLF CLP CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD' +
    ' HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL' +
    ' LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR' +
    ' PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP' +
    ' TRY TTD TWD TZS UAH UGX USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG'
  ).split(' '),
);
/** ISO 4217's code for a transaction without a currency. */
const NO_CURRENCY = 'XXX';

/**
 * A currency by its code; all others together have one, since each has counters of its own, and customers' events name it: thousands would fill the item of
 * a report's day.
 */
export const knownCurrency = (code: string, { currency }: Pick<Money, 'currency'>): string =>
  code === currency || CURRENCIES.has(code) ? code : NO_CURRENCY;

/** How many digits a currency has after the point: CNY 2, JPY 0, KWD 3. */
export const exponentOf = (currency: string): number => EXPONENTS.get(currency) ?? 2;

/** Largest amount of one order, in minor units: sums of ninety such orders are still exact. */
export const MAX_AMOUNT = 1e14;

/** Why a value is no amount: there is none; it is no number; it is below zero; it is larger than any order. */
export type AmountFault = 'absent' | 'not-a-number' | 'negative' | 'too-large';

/** A number as JavaScript or a shop's export writes it. Neither separators of thousands nor signs of currencies: they mean different things. */
const DECIMAL = /^([+-]?)(\d{0,30})(?:\.(\d{0,30}))?(?:e([+-]?\d{1,3}))?$/i;

/**
 * Returns a number, or a text that is one, in the minor units of its currency, exactly by its decimal digits: 19.99 is 1999, though no double is 19.99.
 * Half a minor unit and more is rounded up.
 */
export function minorUnitsOf(value: unknown, currency: string): { amount: number } | { fault: AmountFault } {
  if (value === undefined || value === null || value === '') return { fault: 'absent' };
  if (typeof value !== 'number' && typeof value !== 'string') return { fault: 'not-a-number' };
  const [, sign, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(String(value).trim()) ?? [];
  if (sign === undefined || whole + fraction === '') return { fault: 'not-a-number' };
  const digits = `${whole}${fraction}`;
  if (/^0*$/.test(digits)) return { amount: 0 };
  if (sign === '-') return { fault: 'negative' };
  const amount = rounded(digits, whole.length + Number(exponent) + exponentOf(currency));
  return amount === undefined || amount > MAX_AMOUNT ? { fault: 'too-large' } : { amount };
}

/** Longer whole numbers are over the bound anyway. */
const MAX_DIGITS = 30;

/** The digits with a point before the `point`-th; undefined: it is far too large. */
function rounded(digits: string, point: number): number | undefined {
  const significant = digits.replace(/^0+/, '');
  const at = point - (digits.length - significant.length);
  if (at > MAX_DIGITS) return undefined;
  if (at < 0) return 0;
  const whole = significant.slice(0, at).padEnd(at, '0');
  return Number(BigInt(whole === '' ? '0' : whole) + ((significant[at] ?? '0') >= '5' ? 1n : 0n));
}

/** Minor units as the number of major units that JSON shows. */
export const majorUnitsOf = (amount: number, currency: string): number => {
  const exponent = exponentOf(currency);
  // A sum beyond the exact numbers, which JavaScript may write as `1e+21`.
  if (!Number.isSafeInteger(amount)) return amount / 10 ** exponent;
  const digits = String(Math.abs(amount)).padStart(exponent + 1, '0');
  // Not by a division: 1.1 is what the digits say, in any number of them.
  const text = exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
  return amount < 0 ? -Number(text) : Number(text);
};
