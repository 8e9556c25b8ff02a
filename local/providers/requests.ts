import { type Fault, faultsOf, readModel } from './service-model.ts';

/**
 * Finds what each provider does not take: by AWS's model of the request, and by limits that its documentation states and its model does not. `input` is what
 * the SDK is given, which drops silently what it does not know, or what a request carries.
 */
const checks = {
  SendEmail: checkOf('sesv2', emailLimits),
  SendTextMessage: checkOf('pinpoint-sms-voice-v2', () => []),
  SendMessages: checkOf('pinpoint', pushLimits),
};
export const requestFaults = (operation: keyof typeof checks, input: unknown): Fault[] => checks[operation](input);

/** Returns what the provider says to a request that it does not take, which is a fault of ours: so it is printed for whoever runs Cairn, too. */
export function refusedRequest(operation: keyof typeof checks, input: unknown): string | undefined {
  const faults = requestFaults(operation, input);
  if (faults.length === 0) return undefined;
  const said = `${operation} is not a request that AWS takes: ${faults.join('; ')}`;
  console.error(said);
  return said;
}

function checkOf<Input>(service: string, limits: (input: Input) => Fault[]): (input: unknown) => Fault[] {
  const model = readModel(service);
  return (input) => {
    const faults = faultsOf(model, input);
    // Only what is of the model's shape can be measured.
    return faults.length > 0 ? faults : limits(input as Input);
  };
}

/** A fault that stands where the limit is passed. */
const most = (at: string, size: number, limit: number, unit: string): Fault[] =>
  size <= limit ? [] : [`${at}: has ${size} ${unit}, of ${limit}`];

interface Email {
  Destination?: Record<string, string[]>;
  EmailTags?: { Name?: string; Value?: string }[];
  Content?: { Simple?: { Subject?: { Data?: string } } };
}

/** https://docs.aws.amazon.com/ses/latest/dg/quotas.html and https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html */
function emailLimits(input: Email): Fault[] {
  const recipients = Object.values(input.Destination ?? {}).flat();
  const tags = (input.EmailTags ?? []).flatMap(({ Name = '', Value = '' }, index): Fault[] =>
    [Name, Value].every((text) => /^[A-Za-z0-9_-]{1,256}$/.test(text))
      ? []
      : [`/EmailTags/${index}: may hold ASCII letters, digits, _ and -, 256 at most`],
  );
  const isOneLine = !/[\r\n]/.test(input.Content?.Simple?.Subject?.Data ?? '');
  return [
    ...(recipients.length === 0 ? (['/Destination: has no recipient'] as const) : []),
    ...most('/Destination', recipients.length, 50, 'recipients'),
    ...tags,
    ...most('/EmailTags', input.EmailTags?.length ?? 0, 50, 'tags'),
    ...(isOneLine ? [] : (['/Content/Simple/Subject: has more than one line'] as const)),
    ...most('/Content', Buffer.byteLength(JSON.stringify(input.Content ?? {})), 10 * 1024 * 1024, 'bytes'),
  ];
}

interface Push {
  MessageRequest?: { Addresses?: object; Endpoints?: object; MessageConfiguration?: Record<string, object> };
}

/** https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html: 4 KB of payload, also by Apple and Google. */
function pushLimits({ MessageRequest = {} }: Push): Fault[] {
  const { Addresses = {}, MessageConfiguration = {} } = MessageRequest;
  const count = Object.keys(Addresses).length;
  return [
    ...(count === 0 ? (['/MessageRequest/Addresses: has no address'] as const) : []),
    ...most('/MessageRequest/Addresses', count, 100, 'addresses'),
    ...Object.entries(MessageConfiguration).flatMap(([name, message]) =>
      most(
        `/MessageRequest/MessageConfiguration/${name}`,
        Buffer.byteLength(JSON.stringify(message)),
        4 * 1024,
        'bytes',
      ),
    ),
  ];
}
