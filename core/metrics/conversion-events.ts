import { type EpochMs, hashId, type ProfileKey } from '../ids.ts';
import type { Dimensions, MetricEvent } from './metric-event.ts';
import { ofRun, type RunRef, runFields } from './run-events.ts';

/** The message that a conversion belongs to: of a run, or of a campaign's recipient, the last one before it. */
export interface ByMessage {
  sentAt: EpochMs;
  dimensions: Pick<Dimensions, 'channel' | 'template' | 'node' | 'version'>;
}
const byMessage = (message: ByMessage | undefined) => (message === undefined ? {} : { sentAt: message.sentAt });

/** A run that reached its goal; `message` is the last that it had sent before. */
export interface Reached {
  run: RunRef;
  message?: ByMessage | undefined;
}

/** Counted once per run, however often the event comes. */
export const goalReachedEvent = ({ run, message }: Reached, at: EpochMs): MetricEvent => ({
  once: `${run.entry}:goal`,
  at,
  ...byMessage(message),
  of: 'run',
  metric: 'goal',
  dimensions: { ...ofRun(run), ...message?.dimensions },
  ...runFields(run),
});

/** A recipient of an occurrence who has reached the campaign's goal. `send` names the message among those that were sent to the customer. */
export interface Converted extends ByMessage {
  campaign: string;
  occurrence: string;
  variant?: string | undefined;
  send: string;
}
const ofOccurrence = ({ campaign, occurrence, variant, dimensions }: Converted): Dimensions => ({
  campaign,
  occurrence,
  ...(variant === undefined ? {} : { variant }),
  ...dimensions,
});

/** Counted once for each recipient, however often the event comes, and whoever the profile was merged into. */
export const convertedEvent = (conversion: Converted, profile: ProfileKey, at: EpochMs): MetricEvent => ({
  once: hashId('converted', conversion.campaign, conversion.occurrence, conversion.send),
  at,
  sentAt: conversion.sentAt,
  of: 'message',
  metric: 'converted',
  profile,
  dimensions: ofOccurrence(conversion),
});

/** The change of a goal's revenue by an order, or (below zero) by a refund. `mark`: each has its own. */
export interface Revenue {
  mark: string;
  order: string;
  /** In minor units. */
  amount: number;
  currency: string;
  at: EpochMs;
}
const moneyOf = ({ at, amount, currency, order }: Revenue) => ({ at, metric: 'revenue', amount, currency, order });

/** Counted once for each journey and order, however many runs it is the goal of, and whoever tells it. */
export const runRevenueEvent = ({ run, message }: Reached, revenue: Revenue): MetricEvent => ({
  once: hashId('revenue', 'journey', run.journey, revenue.mark),
  ...moneyOf(revenue),
  ...byMessage(message),
  of: 'run',
  dimensions: { ...ofRun(run), ...message?.dimensions },
  ...runFields(run),
});

/** Counted once for each campaign and order, however many occurrences it is the goal of, and whoever tells it. */
export const recipientRevenueEvent = (conversion: Converted, profile: ProfileKey, revenue: Revenue): MetricEvent => ({
  once: hashId('revenue', 'campaign', conversion.campaign, revenue.mark),
  ...moneyOf(revenue),
  sentAt: conversion.sentAt,
  of: 'message',
  profile,
  dimensions: ofOccurrence(conversion),
});
