import { randomUUID } from 'node:crypto';
import type { Template } from './template.ts';

/** A notice that a function published, as a subscriber would get it. */
export interface Notice {
  id: string;
  at: string;
  /** Name of the topic. */
  topic: string;
  subject?: string;
  message: string;
}

export type Topics = ReturnType<typeof startTopics>;

/** The templates' SNS topics that functions publish to: keeps the newest messages, for nobody subscribes on this machine. */
export function startTopics(template: Template) {
  const arns = new Set(template.of('AWS::SNS::Topic').map(({ id }) => String(template.resolve({ Ref: id }))));
  let notices: Notice[] = [];
  return {
    has: (arn: string): boolean => arns.has(arn),
    publish(
      { arn, subject, message }: { arn: string; subject: string | undefined; message: string },
      at: string,
    ): Notice {
      const notice = {
        id: randomUUID(),
        at,
        topic: arn.split(':').at(-1) ?? '',
        ...(subject === undefined ? {} : { subject }),
        message,
      };
      notices = [...notices, notice].slice(-MAX_NOTICES);
      return notice;
    },
    notices: (): readonly Notice[] => notices,
    reset(): void {
      notices = [];
    },
  };
}

const MAX_NOTICES = 1_000;
