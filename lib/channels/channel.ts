import type { Stack } from 'aws-cdk-lib';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type * as z from 'zod';
import type { SenderEnvSchema } from '../../runtime/wiring/sending-env.ts';
import type { CairnFunction } from '../constructs/cairn-function.ts';
import type { Stores } from '../constructs/stores.ts';

/** The stack that channels' resources are made in. */
export interface SenderStack extends Stack {
  readonly stores: Pick<Stores, 'catalog' | 'webhookSecret'>;
  /** A topic that this service publishes to. */
  topic(id: string, topicName: string, publisher: string): Topic;
}

/** Values of the deployment that every channel's resources use. */
export interface Deployment {
  prefix: string;
  emulator: boolean;
  /** `host:port` of receivers in the team's own network. */
  webhookHosts: readonly string[];
}

/** A channel in the stacks: its sender's variables and permissions, and what its provider reports to. */
export interface SenderResources<Shape extends z.ZodRawShape, Env extends typeof SenderEnvSchema> {
  /** Keys of `config/<stage>.json` that are its own. */
  config: Shape;
  /** Its function's, by which a forgotten variable does not compile. */
  schema: Env;
  /** Regions without the resources that its sending is made of. */
  absentIn: readonly string[];
  /** The sender's own variables, beside those that every sender has. */
  environment(
    config: ConfigOf<Shape>,
    stack: SenderStack,
  ): Record<Exclude<keyof z.infer<Env>, keyof z.infer<typeof SenderEnvSchema>> & string, string>;
  /** Lets the sender call its provider. */
  allow(sender: CairnFunction<Env>, config: ConfigOf<Shape>, stack: SenderStack): void;
  /** Topics on which its provider reports; absent: it reports nothing. */
  topics?(stack: SenderStack, config: ConfigOf<Shape>): Topic[];
  /** Keys that would leave it without a sender: each with what is missing. */
  placeholders(config: ConfigOf<Shape>): Partial<Record<keyof Shape, string>>;
  /** SES's alarms on the account's reputation are about it. */
  hasReputation?: true;
}
/** Without keys of its own zod's type would allow no others. */
export type ConfigOf<Shape extends z.ZodRawShape> = Deployment &
  (keyof Shape extends never ? object : z.output<z.ZodObject<Shape>>);

/** Gives the functions of one channel the types of its own configuration and variables. */
export const senderResources = <Shape extends z.ZodRawShape, Env extends typeof SenderEnvSchema>(
  resources: SenderResources<Shape, Env>,
): SenderResources<Shape, Env> => resources;
