import type { Alert, NewAlert } from '../../core/alerts/alert.ts';
import type { EpochMs } from '../../core/ids.ts';

/** Alerts, kept for 400 days. */
export interface Alerts {
  /**
   * Raises an alert once for its id, and returns it as it is stored: with its first instant, whoever raised it. `againAfterMs`: an alert that is older
   * is raised anew, under an id of its own. A raised alert is listed as unpublished until `published`.
   */
  raise(alert: NewAlert, againAfterMs?: number): Promise<Alert>;
  get(id: string): Promise<Alert | undefined>;
  /** Newest first. `before`: the position of the last one seen. */
  list(page: { limit: number; before?: string | undefined }): Promise<{ items: Alert[]; next?: string }>;
  /** Returns undefined if there is no such alert. Who acknowledged it first stays. */
  acknowledge(id: string, by: string, now: EpochMs): Promise<Alert | undefined>;
  /** Corrects what was done about it. */
  settle(id: string, did: Alert['did']): Promise<void>;
  /** Alerts that were raised more than a minute ago and are not published, oldest first. */
  unpublished(now: EpochMs, limit: number): Promise<Alert[]>;
  published(id: string, now: EpochMs): Promise<void>;
}

/** The topic to which people subscribe for alerts. At least once: the text contains the alert's id. */
export interface AlertTopic {
  publish(alert: Alert): Promise<void>;
}
