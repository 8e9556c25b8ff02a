export type AddressStatus = 'ok' | 'bad' | 'suppressed';

export interface Address {
  /** As the customer or the device gave it. */
  value: string;
  status: AddressStatus;
}
