import type { Histories } from '../script.ts';

/** Profiles that become one customer, while both act. */
export const merges: Histories = {
  'a visitor who orders and becomes known': (script) =>
    script
      .track('anonymous', 'x', 0, 'Asked', { topic: 'a' })
      .identify('u', 0.2, { city: 'Wuxi' })
      .track('anonymous', 'x', 0.4, 'Order Completed', { cart: 'a' })
      .identify('u', 0.5, {}, 'x')
      .track('user', 'u', 0.6, 'Product Added', { cart: 'a' })
      .track('user', 'u', 1, 'Replied')
      .until(9),
  'a visitor who becomes known while both sides act': (script) =>
    script
      .track('anonymous', 'x', 0, 'Product Added', { cart: 'a' })
      .identify('u', 0.2, { city: 'Shenzhen' })
      .track('user', 'u', 0.4, 'Product Added', { cart: 'b' })
      .identify('u', 0.6, {}, 'x')
      .track('anonymous', 'x', 0.6, 'Product Added', { cart: 'c' })
      .track('user', 'u', 0.6, 'Order Completed', { cart: 'a' })
      .track('anonymous', 'x', 2, 'Order Completed', { cart: 'b' })
      .until(9),
  'a user who takes over one visitor after the other': (script) => {
    script.identify('u', 0, { city: 'Ningbo' });
    for (let n = 1; n <= 6; n += 1) {
      const [visitor, at] = [`x${n}`, n / 10];
      script
        .track('anonymous', visitor, at, 'Product Added', { cart: visitor })
        .takeOver(visitor, 'u', at + 0.02)
        .track('anonymous', visitor, at + 0.02, 'Page Viewed')
        .track('user', 'u', at + 0.02, 'Page Viewed')
        .track('anonymous', visitor, at + 0.04, 'Page Viewed');
    }
    // Said by a visitor who is merged at that instant, and by one who was.
    return script
      .track('anonymous', 'x7', 0.8, 'Asked', { topic: 'x7' })
      .refuse('x7', 0.81, 'anonymous')
      .takeOver('x7', 'u', 0.81)
      .track('anonymous', 'x1', 0.9, 'Order Completed', { cart: 'x2' })
      .takeOver('x1', 'u', 0.95)
      .until(9);
  },
  'two known users of whom one was the other': (script) =>
    script
      .identify('old', 0, { city: 'Xi’an' })
      .track('user', 'old', 0, 'Signed Up')
      .identify('new', 0.1, { plan: 'gold' })
      .alias('old', 'new', 1)
      .track('user', 'old', 1, 'Order Completed', { cart: 'z' })
      .track('user', 'new', 3, 'Answered', { about: 'quality' })
      .until(12),
  'a visitor whose open question comes along': (script) =>
    script
      .visitor(0.5, 'Asked', { topic: 'a' })
      .identify('u', 1, {}, 'x')
      .track('anonymous', 'x', 1, 'Asked', { topic: 'b' })
      .track('user', 'u', 1.5, 'Replied', { about: 'a' })
      .until(9),
  'a question answered at the instant of the merge': (script) =>
    script
      .visitor(0.5, 'Asked', { topic: 'a' })
      .track('anonymous', 'x', 1, 'Replied', { about: 'a' })
      .identify('u', 1, {}, 'x')
      .track('user', 'u', 1.5, 'Replied', { about: 'more' })
      .until(9, { races: 'whole' }),
  'a time-out at the instant of the merge': (script) =>
    script
      .visitor(0.5, 'Asked', { topic: 'a' })
      .track('user', 'u', 0.5, 'Product Added', { cart: 'a' })
      .identify('u', 2, {}, 'x')
      .track('user', 'u', 2, 'Product Added', { cart: 'b' })
      .until(9, { races: 'whole' }),
  'both sides in one journey and key': (script) =>
    script
      .visitor(0.4, 'Asked', { topic: 'a' })
      .track('user', 'u', 0.5, 'Asked', { topic: 'a' })
      .track('user', 'u', 0.5, 'Subscribed')
      .track('anonymous', 'x', 0.6, 'Subscribed')
      .identify('u', 1, {}, 'x')
      .track('user', 'u', 1.75, 'Replied')
      .until(9),
  'both sides wait for a call': (script) =>
    script
      .track('anonymous', 'x', 0, 'Complained')
      .identify('u', 0.4)
      .track('user', 'u', 0.5, 'Complained')
      .identify('u', 1, {}, 'x')
      .until(9),
  'both sides subscribed, known as the letters of one end': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Subscribed')
      .track('anonymous', 'x', 0.5, 'Subscribed')
      .identify('u', 3, {}, 'x')
      .track('user', 'u', 3.2, 'Page Viewed')
      .until(9, { races: 'whole' }),
  'a visitor who is somebody who is somebody else': (script) =>
    script
      .track('anonymous', 'x', 0, 'Product Added', { cart: 'x' })
      .track('anonymous', 'y', 0, 'Product Added', { cart: 'y' })
      .identify('u', 0.1, { city: 'Suzhou', at: 1 })
      .identify('v', 0.2, { city: 'Wuhan' })
      .track('user', 'u', 0.3, 'Asked', { topic: 'u' })
      .identify('u', 0.5, {}, 'x')
      .identify('v', 0.5, {}, 'y')
      .alias('u', 'v', 0.5)
      .track('anonymous', 'x', 0.5, 'Product Added', { cart: 'z' })
      .track('user', 'u', 0.5, 'Order Completed', { cart: 'q' })
      .track('anonymous', 'x', 1.25, 'Order Completed', { cart: 'y' })
      .until(9),
  'two who claim one visitor': (script) =>
    script
      .visitor(0.1, 'Product Added', { cart: 'x' })
      .identify('v', 0.1)
      .identify('u', 0.5, {}, 'x')
      .identify('v', 0.5, {}, 'x')
      .track('anonymous', 'x', 0.7, 'Product Added', { cart: 'z' })
      .until(5.5, { races: 'whole' }),
  'each said to be the other': (script) =>
    script
      .identify('u', 0, { city: 'Dalian' })
      .identify('v', 0.1, { city: 'Harbin' })
      .track('user', 'u', 0.2, 'Product Added', { cart: 'u' })
      .track('user', 'v', 0.2, 'Product Added', { cart: 'v' })
      .alias('u', 'v', 0.5)
      .alias('v', 'u', 0.5)
      .track('user', 'u', 0.7, 'Order Completed', { cart: 'v' })
      .until(5.6, { races: 'whole' }),
  'a busy visitor whose client repeats itself a day later': (script) => {
    const many = (from: number, cart: string) =>
      Array.from({ length: 70 }, (_, n): [number, string, Record<string, unknown>] => [
        from + n / 1000,
        n % 7 === 0 ? 'Product Added' : 'Page Viewed',
        { cart },
      ]);
    return script
      .track('anonymous', 'x', 0, 'Product Added', { cart: 'x' })
      .batch('anonymous', 'x', 0.1, many(0.01, 'a'))
      .batch('anonymous', 'x', 0.2, many(0.11, 'b'))
      .identify('u', 0.25)
      .batch('user', 'u', 0.3, many(0.21, 'c'))
      .identify('u', 0.5, {}, 'x')
      .repeat(0, 0.5)
      .batch('anonymous', 'x', 0.6, many(0.51, 'd'))
      .repeat(0, 0.7)
      .repeat(1, 0.8)
      .repeat(4, 0.8)
      .track('user', 'u', 0.9, 'Order Completed', { cart: 'x' })
      .until(3);
  },
  'a busy customer whose client repeats itself within a minute': (script) => {
    const many = (count: number, from: number): [number, string, Record<string, unknown>][] =>
      Array.from({ length: count }, (_, n) => [
        from + n / 1_000_000,
        n % 50 === 0 ? 'Product Added' : 'Page Viewed',
        {},
      ]);
    return script
      .batch('user', 'u', 0.001, many(190, 0.0005))
      .batch('user', 'u', 0.002, many(110, 0.0015))
      .repeat(0, 0.004)
      .until(2);
  },
  'an import of old events, more of them at once than ids are kept': (script) => {
    const many = (cart: string) =>
      Array.from({ length: 150 }, (_, n): [number, string, Record<string, unknown>] => [
        n / 10_000,
        n === 0 ? 'Product Added' : 'Page Viewed',
        { cart },
      ]);
    return script
      .identify('u', 0)
      .batch('user', 'u', 0.2, many('a'))
      .batch('user', 'u', 0.3, many('b'))
      .batch('user', 'u', 0.4, many('c'))
      .batch('user', 'u', 0.5, many('d'))
      .repeat(3, 0.6)
      .repeat(1, 0.6)
      .until(6);
  },
  'a tag that slides off at the instant of the merge': (script) =>
    script
      .track('anonymous', 'x', 0, 'Order Completed', { cart: 'x' })
      .identify('u', 1, { city: 'Jinan' })
      .track('user', 'u', 2, 'Subscribed')
      .identify('u', 3, {}, 'x')
      .track('user', 'u', 3.5, 'Order Completed', { cart: 'y' })
      .until(9),
  'a tag that slides off at the instant of an event': (script) =>
    script
      .identify('u', 0, { city: 'Nanning' })
      .track('user', 'u', 0, 'Order Completed', { cart: 'x' })
      .track('user', 'u', 0.5, 'Subscribed')
      .track('user', 'u', 3, 'Product Added', { cart: 'y' })
      .track('user', 'u', 3, 'Asked', { topic: 'y' })
      .until(9),
  'a merge just after a tag has slid off': (script) =>
    script
      .customer('Order Completed', { cart: 'a' })
      .track('anonymous', 'x', 0.5, 'Page Viewed')
      .identify('u', 3 + 1 / 60, {}, 'x')
      .until(4),
  'a merge just after the visitor has asked': (script) =>
    script
      .identify('u', 0)
      .track('anonymous', 'x', 0.5, 'Asked', { topic: 'a' })
      .identify('u', 0.5 + 1 / 60, {}, 'x')
      .until(4),
  'a trait told as its profile is merged': (script) =>
    script
      .identify('old', 0, { city: 'Hefei' })
      .identify('new', 0.1)
      .identify('old', 1, { plan: 'gold' })
      .alias('old', 'new', 1)
      .until(3, { races: 'concurrent' }),
  'a no that is said as the profile is merged': (script) =>
    script
      .twoUsers(0.1)
      .refuse('old', 1)
      .alias('old', 'new', 1)
      .track('user', 'new', 2, 'Subscribed')
      .until(6, { races: 'concurrent' }),
  'a visitor known after the letters, who subscribes again': (script) =>
    script
      .visitor(0.2, 'Subscribed')
      .identify('u', 4, {}, 'x')
      .track('user', 'u', 4, 'Page Viewed')
      .track('user', 'u', 4.5, 'Subscribed')
      .track('user', 'u', 5, 'Page Viewed')
      .until(9),
  'a visitor known as the letters end, who subscribes again': (script) =>
    script
      .visitor(0.2, 'Subscribed')
      .identify('u', 3, {}, 'x')
      .track('user', 'u', 4.5, 'Subscribed')
      .track('user', 'u', 5, 'Page Viewed')
      .until(9, { races: 'whole' }),
  'a visitor introduced twice at once': (script) =>
    script
      .visitor(0.2, 'Product Added', { cart: 'x' })
      .track('user', 'u', 0.3, 'Order Completed', { cart: 'y' })
      .identify('u', 3.3, {}, 'x')
      .alias('x', 'u', 3.3)
      .track('user', 'u', 3.3, 'Product Added', { cart: 'z' })
      .track('anonymous', 'x', 3.3, 'Product Added', { cart: 'w' })
      .until(9),
  'a buyer’s visit that was subscribed': (script) =>
    script
      .identify('u', 0)
      .track('anonymous', 'x', 0.2, 'Subscribed')
      .track('anonymous', 'x', 0.3, 'Order Completed', { cart: 'x' }, 0.5)
      .identify('u', 0.5, {}, 'x')
      .until(9, { races: 'whole' }),
  'a cart that comes along, ordered at once': (script) =>
    script
      .identify('old', 0)
      .track('user', 'old', 0, 'Product Added', { cart: 'a' })
      .identify('new', 0.1)
      .alias('old', 'new', 0.5)
      .track('user', 'old', 0.5, 'Order Completed', { cart: 'a' })
      .until(6),
  'a cart that the other side ordered before': (script) =>
    script
      .track('user', 'u', 0, 'Product Added', { cart: 'a' })
      .track('anonymous', 'x', 0.2, 'Order Completed', { cart: 'a' })
      .track('anonymous', 'x', 0.3, 'Product Added', { cart: 'b' })
      .track('user', 'u', 0.4, 'Order Completed', { cart: 'b' })
      .identify('u', 0.5, {}, 'x')
      .until(6),
  'a tag that the other side has': (script) =>
    script
      .visitor(0.1, 'Subscribed')
      .track('user', 'u', 0.2, 'Order Completed', { cart: 'a' })
      .track('anonymous', 'x', 0.3, 'Applied')
      .tag('u', 0.4, 'vip')
      .identify('u', 0.5, {}, 'x')
      .until(6),
  'many who are each the next': (script) => {
    const names = Array.from({ length: 12 }, (_, n) => `u${n}`);
    for (const name of names) script.track('user', name, 0, 'Product Added', { cart: name });
    for (const [n, name] of names.entries()) {
      const next = names[n + 1];
      if (next !== undefined) script.alias(name, next, 0.5);
    }
    return script.track('user', 'u0', 0.7, 'Order Completed', { cart: 'u11' }).until(6);
  },
  'three who are each the next': (script) =>
    script
      .track('user', 'a', 0, 'Product Added', { cart: 'a' })
      .track('user', 'b', 0, 'Asked', { topic: 'b' })
      .alias('a', 'b', 0.5)
      .alias('b', 'c', 0.5)
      .alias('c', 'd', 0.5)
      .track('user', 'a', 0.6, 'Order Completed', { cart: 'a' })
      .track('user', 'c', 0.7, 'Replied')
      .until(3),
  'one who has said no is another, just before a letter': (script) =>
    script
      .twoUsers(0)
      .track('user', 'old', 0, 'Subscribed')
      .refuse('old', 0.5)
      .alias('old', 'new', 1 - 30 / 3600)
      .until(6),
  'one who says no is another': (script) =>
    script.twoUsers(0).refuse('old', 1).alias('old', 'new', 1).track('user', 'new', 1.5, 'Subscribed').until(6),
  'one who is sent a letter is another': (script) =>
    script.twoUsers(0).track('user', 'old', 0, 'Subscribed').alias('old', 'new', 1).until(6, { races: 'concurrent' }),
  'one who is another before anything was heard of them': (script) =>
    script
      .alias('middle', 'new', 0)
      .alias('old', 'middle', 0)
      .identify('old', 0)
      .track('user', 'old', 0, 'Subscribed')
      .track('user', 'middle', 0.5, 'Page Viewed')
      .until(6),
  'one who is somebody who is somebody else': (script) =>
    script.visitor(0.1, 'Page Viewed').identify('v', 0.2).identify('u', 0.5, {}, 'x').alias('u', 'v', 0.5).until(3),
};
