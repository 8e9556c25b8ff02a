/** A record that no retry can mend: it goes to the dead-letter queue at once, with its cause; its neighbours pass. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError';
}
