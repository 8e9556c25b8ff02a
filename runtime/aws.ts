import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { PinpointClient } from '@aws-sdk/client-pinpoint';
import { PinpointSMSVoiceV2Client } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { S3Client } from '@aws-sdk/client-s3';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { bounded, freshConnections, once } from '../adapters/client-options.ts';

declare global {
  /** Set by the embedded cloud alone, whose stand-ins need no HTTP to be asked: decision 0091. Absent on AWS. */
  var directClient: ((client: DirectedClient, timeoutMs: number) => void) | undefined;
}
type DirectedClient = DynamoDBClient | SQSClient | SFNClient | SESv2Client | PinpointClient | PinpointSMSVoiceV2Client;

function directed<Client extends DirectedClient>(client: Client): Client {
  globalThis.directClient?.(client, bounded.requestHandler.requestTimeout);
  return client;
}

const documents = (client: DynamoDBClient): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(directed(client), { marshallOptions: { removeUndefinedValues: true } });
export const dynamo = (): DynamoDBDocumentClient => documents(new DynamoDBClient(bounded));
/** For writes that must not be made twice. */
export const dynamoOnce = (): DynamoDBDocumentClient => documents(new DynamoDBClient(freshConnections));
export const sqs = (): SQSClient => directed(new SQSClient(bounded));
/** Objects are read as they come: the timeout of a request ends with the answer's headers, so that its connection has one too. */
export const s3 = (): S3Client =>
  new S3Client({ ...bounded, requestHandler: { ...bounded.requestHandler, socketTimeout: 5_000 } });
export const sfn = (): SFNClient => directed(new SFNClient(bounded));
/** For work that may wait where the Region allows few calls per second. */
export const retryingSfn = (): SFNClient =>
  directed(new SFNClient({ ...bounded, maxAttempts: 10, retryMode: 'adaptive' }));

/** Slows down to the allowed rate, for as long as a function of 30 s may wait. */
export const pacedSfn = (): SFNClient => directed(new SFNClient({ ...bounded, maxAttempts: 5, retryMode: 'adaptive' }));

export const ses = (): SESv2Client => directed(new SESv2Client(once));
export const pinpoint = (): PinpointClient => directed(new PinpointClient(once));
export const smsVoice = (): PinpointSMSVoiceV2Client => directed(new PinpointSMSVoiceV2Client(once));

/** For functions that answer within the 30 s that API Gateway waits. */
export const lambda = (): LambdaClient =>
  new LambdaClient({ maxAttempts: 2, requestHandler: { ...bounded.requestHandler, requestTimeout: 27_000 } });
